import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";

/** Retry-After is a number of seconds or an HTTP date; undefined when it's neither. */
export function retryAfterMs(header: string | null | undefined, nowMs: number): number | undefined {
  if (header === undefined || header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds >= 0 ? Math.round(seconds * 1_000) : undefined;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Says "try again later", whatever the reason: the request is fine. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);
/** A wrong or expired key concerns every call alike; somebody mends it, and then everything goes through. */
const KEY_REFUSED: ReadonlySet<number> = new Set([401, 403]);
/** Answers of something in between, or of a crash half-way: the call may have counted. */
const MAYBE_COUNTED: ReadonlySet<number> = new Set([500, 502, 504]);

export interface RefusedCall {
  /** Who refused, for the description: "Payments", "Mail". */
  readonly partner: string;
  readonly status: number;
  /** The partner's own error code, where it gave one. */
  readonly code?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * What an unhappy status of a provider's API means (not of a vendor's webhook):
 *
 * | status | fault |
 * |---|---|
 * | 408, 425, 429, 5xx | transient, with Retry-After; unknown outcome on 500, 502, 504 |
 * | 401, 403 | transient: the key is wrong for all calls, not this call for the provider |
 * | 3xx | permanent, `Redirected` |
 * | other 4xx | permanent, `<partner>Refused` |
 */
export function faultOfStatus(refused: RefusedCall): TransientFault | PermanentFault {
  const { partner, status, code, cause } = refused;
  const description = `${partner} answered ${status}${code === undefined ? "" : ` ${code}`}`;
  if (status >= 500 || LATER.has(status) || KEY_REFUSED.has(status)) {
    return new TransientFault(description, {
      unknownOutcome: MAYBE_COUNTED.has(status),
      cause,
      ...(refused.retryAfterMs !== undefined && { retryAfterMs: refused.retryAfterMs }),
    });
  }
  if (status >= 300 && status < 400) return new PermanentFault("Redirected", description, cause);
  return new PermanentFault(`${partner}Refused`, description, cause);
}
