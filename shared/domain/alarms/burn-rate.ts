import type { Alarm } from "./alarm.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Of all valid POSTs, at least this share is answered 202. */
export const OBJECTIVE = 0.999_95;
export const BUCKET_MS = 5 * MINUTE_MS;
const KEEP_MS = 24 * HOUR_MS;

/** POSTs within five minutes: answered 202, and refused although they were valid. */
export interface OrdersBucket {
  readonly fromMs: number;
  readonly accepted: number;
  readonly failed: number;
}

/**
 * How much faster than allowed the error budget of thirty days is spent, over a long window and over a short one: the
 * long one says that it matters, the short one that it is still going on. (Google, The Site Reliability Workbook, ch. 5.)
 */
export const burnWindows = [
  { longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, times: 14.4, loudness: "page" },
  { longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, times: 6, loudness: "page" },
  { longMs: 24 * HOUR_MS, shortMs: 2 * HOUR_MS, times: 3, loudness: "ticket" },
] as const;

/** One failure among few orders is no rate. */
export const FAILURES_AT_LEAST = 3;

/** Adds what was counted since the last look, and forgets what no window reaches any more. */
export function withCounts(
  buckets: readonly OrdersBucket[],
  counted: { readonly accepted: number; readonly failed: number },
  nowMs: number,
): OrdersBucket[] {
  const fromMs = nowMs - (nowMs % BUCKET_MS);
  const kept = buckets.filter((bucket) => bucket.fromMs > nowMs - KEEP_MS && bucket.fromMs !== fromMs);
  const current = buckets.find((bucket) => bucket.fromMs === fromMs) ?? { accepted: 0, failed: 0 };
  const { accepted, failed } = counted;
  return [...kept, { fromMs, accepted: current.accepted + accepted, failed: current.failed + failed }];
}

export function burnAlarms(buckets: readonly OrdersBucket[], nowMs: number): Alarm[] {
  const over = (windowMs: number) => {
    const inWindow = buckets.filter(({ fromMs }) => fromMs > nowMs - windowMs - BUCKET_MS);
    const accepted = inWindow.reduce((sum, bucket) => sum + bucket.accepted, 0);
    const failed = inWindow.reduce((sum, bucket) => sum + bucket.failed, 0);
    const share = failed === 0 ? 0 : failed / (accepted + failed);
    return { accepted, failed, rate: share / (1 - OBJECTIVE) };
  };
  for (const { longMs, shortMs, times, loudness } of burnWindows) {
    const [long, short] = [over(longMs), over(shortMs)];
    if (long.failed < FAILURES_AT_LEAST || long.rate < times || short.rate < times) continue;
    const text =
      `${long.failed} of ${long.accepted + long.failed} valid orders were refused in ${longMs / HOUR_MS} h: ` +
      `the error budget of 99.995 % burns ${Math.round(long.rate)} times too fast`;
    return [{ kind: "orders-refused-burn", subject: "orders", loudness, text }];
  }
  return [];
}
