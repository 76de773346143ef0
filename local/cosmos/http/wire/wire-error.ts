/** Why bytes are no request that can be served. The connection answers with the status and closes. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly status: 400 | 408 | 413 | 417 | 431 | 501 | 505;

  constructor(status: WireError["status"], message: string) {
    super(message);
    this.status = status;
  }
}

export const malformed = (what: string): WireError => new WireError(400, `Malformed request: ${what}.`);
