/** The very object Azure keeps in a blob per timer; times are ISO 8601. */
export interface TimerStatus {
  /** Of the latest run; `NEVER` before the first. */
  readonly Last: string;
  readonly Next: string;
  readonly LastUpdated: string;
}

/** How .NET writes a date that was never set. */
export const NEVER = "0001-01-01T00:00:00+00:00";

export interface TimerStatusStore {
  read(functionName: string): Promise<TimerStatus | undefined>;
  write(functionName: string, status: TimerStatus): Promise<void>;
}
