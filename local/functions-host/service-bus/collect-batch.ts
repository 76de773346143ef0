import type { ServiceBusReceivedMessage } from "@azure/service-bus";

/** What batches are taken from: a receiver, with or without a session. */
export interface BatchSource {
  receiveMessages(
    maxMessageCount: number,
    options: { maxWaitTimeInMs: number; abortSignal?: AbortSignal },
  ): Promise<ServiceBusReceivedMessage[]>;
}

export interface BatchSize {
  readonly max: number;
  readonly min: number;
  /** How long the first message may wait for others when there are fewer than `min`. */
  readonly maxWaitMs: number;
}

/** The .NET client returns what has come 20 ms after the first message; this one would wait a whole second for more. */
const COMPANY_MS = 20;

/**
 * The next batch: waits up to `waitMs` for a first message, takes with it what is there already, and if that is fewer than
 * `min` waits for more. Real time: a receiver's own waiting knows no other.
 */
export async function collectBatch(
  source: BatchSource,
  size: BatchSize,
  waitMs: number,
  signal: AbortSignal,
): Promise<ServiceBusReceivedMessage[]> {
  const take = async (count: number, maxWaitTimeInMs: number): Promise<ServiceBusReceivedMessage[]> => {
    if (count <= 0) return [];
    // To end a receive that has messages in hand would lose their locks: only the wait for a first one can be ended.
    const endable = maxWaitTimeInMs > COMPANY_MS ? { abortSignal: signal } : {};
    return source.receiveMessages(count, { maxWaitTimeInMs, ...endable });
  };
  const batch: ServiceBusReceivedMessage[] = [];
  const withCompany = async (firstWithinMs: number): Promise<boolean> => {
    const first = await take(1, firstWithinMs);
    batch.push(...first);
    if (first.length > 0) batch.push(...(await take(size.max - batch.length, COMPANY_MS)));
    return first.length > 0;
  };
  if (!(await withCompany(waitMs))) return batch;
  const until = performance.now() + size.maxWaitMs;
  while (batch.length < size.min && !signal.aborted) {
    const left = until - performance.now();
    if (left <= COMPANY_MS) break;
    try {
      if (!(await withCompany(left))) break;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return batch;
}
