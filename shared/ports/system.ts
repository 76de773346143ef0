/** Time and chance, so that a test can hold both still. */
export interface System {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
}
