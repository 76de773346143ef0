/** Where people read alarms. Throws TransientFault and PermanentFault; saying something twice does no harm. */
export interface Chat {
  say(text: string): Promise<void>;
}
