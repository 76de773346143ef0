import type { MessageQueue } from "../../broker/message-queue.ts";
import { BrokerError } from "../../errors.ts";
import type { Head } from "../../store/messages.ts";
import { entryOf, int, mapOf } from "../../wire/values.ts";
import { integerField, type Operation } from "./operation.ts";

/** As the service has it. */
const MAX_DELETED = 4000;

/** Deletes the oldest messages that nobody holds, without delivering them; the reply says how many. */
export const deleteOperation: Operation = {
  claims: ["Listen"],
  async run({ place: { queue }, body }) {
    const count = Math.min(integerField(body, "message-count"), MAX_DELETED);
    const before = entryOf(body, "enqueued-time-utc");
    if (before?.type !== "timestamp")
      throw new BrokerError("invalid", "'enqueued-time-utc' is no timestamp.");
    const doomed = oldest(queue, before.value, count);
    const { journal, messages } = queue.machinery;
    const removed = await journal.change(() => {
      const gone = doomed.filter((head) => messages.remove(head));
      for (const head of gone) queue.withdraw(head);
      return gone;
    });
    for (const head of removed) queue.left(head);
    return removed.length === 0 ? undefined : mapOf({ "message-count": int(removed.length) });
  },
};

function oldest(queue: MessageQueue, before: number, count: number): Head[] {
  const heads = queue.machinery.messages.activeBefore(queue.id, before, count + queue.locks.size);
  return heads.filter((head) => !queue.locks.isLocked(head.sequence)).slice(0, count);
}
