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
/**
 * A wrong key or address concerns every call alike; somebody mends it, and then everything goes through. A 404 with a
 * code of the partner's own is about the thing that was asked for (a payment, a brand's mail domain), not the address.
 * Redirects are not followed: the partner has another address by now, or a page for its maintenance.
 */
const isWrongForAll = (status: number, code: string | undefined): boolean =>
  status === 401 || status === 403 || (status === 404 && code === undefined) || isRedirect(status);
const isRedirect = (status: number): boolean => status >= 300 && status < 400;
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
 * | 408, 425, 5xx | transient; unknown outcome on 500, 502, 504 |
 * | 429, 503 with Retry-After | throttled: everybody waits |
 * | 401, 403, 404 without a code, 3xx | dependency down: key or address are wrong for all calls, not this call for the provider |
 * | other 4xx | permanent, `<partner>Refused` |
 */
export function faultOfStatus(refused: RefusedCall): TransientFault | PermanentFault {
  const { partner, status, code, cause } = refused;
  const description = `${partner} answered ${status}${code === undefined ? "" : ` ${code}`}`;
  const wrongForAll = isWrongForAll(status, code);
  if (status >= 500 || LATER.has(status) || wrongForAll) {
    return new TransientFault(description, {
      unknownOutcome: MAYBE_COUNTED.has(status),
      kind: wrongForAll ? "dependency-down" : kindOfBusy(status, refused.retryAfterMs),
      cause,
      ...(refused.retryAfterMs !== undefined && { retryAfterMs: refused.retryAfterMs }),
    });
  }
  return new PermanentFault(`${partner}Refused`, description, cause);
}

/** Whoever asks for time is fine: 429 in any case, 503 when it says for how long. */
export const kindOfBusy = (status: number, retryAfter: number | undefined): "throttled" | "transient" =>
  status === 429 || (status === 503 && retryAfter !== undefined) ? "throttled" : "transient";
