import type { Consumer } from "./consumers.ts";
import { expireMessage } from "./expiry.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { Ready } from "./ready-window.ts";
import type { SessionHold } from "./session-hold.ts";

/** Gives a message that was taken to a receiver, unless its time is over. */
export function serve(queue: MessageQueue, consumer: Consumer, ready: Ready, hold?: SessionHold): void {
  if (ready.head.expiresAt <= queue.machinery.clock.now()) expireMessage(queue, ready.head, true);
  else hand(queue, consumer, ready, hold);
}

/** One message that cannot be read (a damaged file) must not stop the others. */
function hand(queue: MessageQueue, consumer: Consumer, ready: Ready, hold: SessionHold | undefined): void {
  try {
    if (consumer.deletes) handOver(queue, consumer, ready, hold);
    else lend(queue, consumer, ready, hold);
  } catch (error) {
    const { sequence } = ready.head;
    queue.machinery.log("service-bus.undeliverable", { queue: queue.id, sequence, error: String(error) });
  }
}

function lend(queue: MessageQueue, consumer: Consumer, ready: Ready, hold: SessionHold | undefined): void {
  const lock = queue.lock(ready.head, hold);
  consumer.deliver(queue.encode(ready.head, hold?.until ?? lock.until, ready), lock);
}

/** Deleted first, sent after the commit: a crash may lose the message but never delivers it twice. */
function handOver(
  queue: MessageQueue,
  consumer: Consumer,
  ready: Ready,
  hold: SessionHold | undefined,
): void {
  const { head } = ready;
  const { journal, messages } = queue.machinery;
  const encoded = queue.encode(head, undefined, ready);
  consumer.reserve();
  hold?.begin();
  journal.writePlain(
    () => messages.remove(head),
    (removed) => {
      hold?.finish();
      if (!removed) return consumer.unreserve();
      queue.left(head);
      consumer.deliver(encoded, undefined);
    },
    () => {
      consumer.unreserve();
      queue.giveBack(head);
      hold?.finish();
    },
  );
}
