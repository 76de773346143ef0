/** Calls per second that all instances share. */
export interface Budgets {
  /**
   * Allows one call to be made at once, or tells when it may be worth asking again. However many instances ask, no
   * second of the clock has more than `perSecond` calls. May wait for up to a second. Throws TransientFault.
   */
  take(
    key: string,
    perSecond: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly retryAtMs: number }>;
}
