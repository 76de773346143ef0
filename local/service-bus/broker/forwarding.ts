import type { Consumer } from "./consumers.ts";
import type { QueueEntity, SubscriptionEntity } from "./entity.ts";
import type { Lock } from "./locks.ts";
import type { Publisher } from "./publisher.ts";
import { moveOn } from "./settlement.ts";

/** Messages on their way at the same time, so that a long backlog does not hold up other work. */
const AT_ONCE = 100;

/**
 * Empties a queue that began to forward while messages waited in it. It takes them as a receiver would, one place
 * at a time, those too that somebody still holds and gives back; a move that fails is repeated when its lock runs
 * out. It ends when nothing is left, or when the entity forwards no longer.
 */
export function forwardWaiting(entity: QueueEntity | SubscriptionEntity, publisher: Publisher): void {
  const queue = entity.main;
  let busy = 0;
  const isOver = (): boolean => entity.description.forwardTo === undefined || queue.counts.active === 0;
  const endOrGoOn = (): void => {
    busy--;
    if (isOver()) queue.detach(mover);
    else queue.wake();
  };
  const mover: Consumer = {
    deletes: false,
    room: () => (isOver() ? 0 : AT_ONCE - busy),
    reserve: () => undefined,
    unreserve: () => undefined,
    evict: () => undefined,
    deliver: (_encoded: Buffer, lock: Lock | undefined) => {
      if (lock === undefined) return;
      busy++;
      moveOn(queue, lock, (head) => publisher.forwardWaiting(entity, head), endOrGoOn);
    },
  };
  queue.attach(mover);
  queue.wake();
}
