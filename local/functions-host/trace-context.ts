import { randomFillSync } from "node:crypto";

/** W3C trace context of an invocation. */
export interface TraceContext {
  readonly traceParent: string;
  readonly traceState?: string;
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const ALL_ZERO = /^0+$/;

// One call into the random source serves many ids.
const pool = Buffer.alloc(8192);
let used = pool.length;

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += bytes;
  return pool.toString("hex", used - bytes, used);
}

/** A new span below the caller's trace; a fresh trace when there is no usable `traceparent`. */
export function childTrace(traceparent: string | undefined, tracestate?: string): TraceContext {
  const match = traceparent === undefined ? null : TRACEPARENT.exec(traceparent);
  const traceId = match?.[1];
  if (traceId === undefined || ALL_ZERO.test(traceId)) {
    return { traceParent: `00-${randomHex(16)}-${randomHex(8)}-00` };
  }
  const traceParent = `00-${traceId}-${randomHex(8)}-${match?.[3] ?? "00"}`;
  return tracestate === undefined ? { traceParent } : { traceParent, traceState: tracestate };
}
