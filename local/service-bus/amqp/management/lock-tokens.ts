import type { Lock } from "../../broker/locks.ts";
import type { MessageQueue } from "../../broker/message-queue.ts";
import type { SessionHold } from "../../broker/session-hold.ts";
import { BrokerError, lockLost } from "../../errors.ts";
import type { AmqpValue } from "../../wire/values.ts";

/**
 * A delivery tag as the uuid that requests and replies carry, or back: tags are in the byte order of a
 * .NET Guid, whose first three groups are reversed.
 */
export function reorderGuid(bytes: Buffer): Buffer {
  const other = Buffer.from(bytes);
  other.subarray(0, 4).reverse();
  other.subarray(4, 6).reverse();
  other.subarray(6, 8).reverse();
  return other;
}

/** @throws BrokerError (lockLost) when one of the locks is not held any more */
export function findLocks(
  queue: MessageQueue,
  tokens: readonly AmqpValue[],
  hold: SessionHold | undefined,
): Lock[] {
  const now = queue.machinery.clock.now();
  return tokens.map((token) => {
    if (token.type !== "uuid") throw new BrokerError("invalid", "A lock token is not a uuid.");
    const lock = queue.locks.find(reorderGuid(token.value), now);
    if (lock === undefined || lock.hold !== hold) throw lockLost();
    return lock;
  });
}
