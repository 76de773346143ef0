import { asBrokerError, BrokerError, lockLost, sessionLockLost } from "../errors.ts";
import { type Amendments, deadLetterAmendments } from "../message/amend.ts";
import { type Head, State } from "../store/messages.ts";
import type { Lock } from "./locks.ts";
import type { Placed } from "./machinery.ts";
import type { MessageQueue } from "./message-queue.ts";
import { countAttempt, giveBack, isDeadLetters, moveToDeadLetters, removal, rewrite } from "./transitions.ts";

/** Called once: when the change is on disk, or with the reason why it did not happen. */
export type Done = (failure?: BrokerError) => void;

export function complete(queue: MessageQueue, lock: Lock, done: Done): void {
  const { messages } = queue.machinery;
  const { head } = lock;
  settle(
    queue,
    lock,
    done,
    () => messages.remove(head),
    () => queue.left(head),
    "writePlain",
  );
}

/** Makes the message available again, one attempt poorer; after the last one it is a dead letter. */
export function abandon(queue: MessageQueue, lock: Lock, amendments: Amendments, done: Done): void {
  const attempt = countAttempt(queue, lock.head, amendments);
  settle(queue, lock, done, attempt.work, attempt.applied);
}

/** Makes the message available again as if nothing had happened. */
export function release(queue: MessageQueue, lock: Lock, done: Done): void {
  if (queue.locks.release(lock, queue.machinery.clock.now())) {
    giveBack(queue, lock.head);
    done();
  } else {
    done(lost(lock));
  }
}

/** Sets the message aside: from now on only its sequence number leads to it. */
export function defer(queue: MessageQueue, lock: Lock, amendments: Amendments, done: Done): void {
  const { messages } = queue.machinery;
  const deliveryCount = lock.head.deliveryCount + (isDeadLetters(queue) ? 0 : 1);
  settle(
    queue,
    lock,
    done,
    () => {
      messages.setState(lock.head, State.deferred, deliveryCount);
      rewrite(queue, lock.head, amendments);
    },
    () => {
      queue.left(lock.head);
      queue.arrived({ ...lock.head, state: State.deferred }, undefined);
    },
  );
}

/** Moves the message to the dead-letter queue. In a dead-letter queue that is refused. */
export function deadLetter(
  queue: MessageQueue,
  lock: Lock,
  why: {
    readonly reason?: string | undefined;
    readonly description?: string | undefined;
    readonly more: Amendments;
  },
  done: Done,
): void {
  const target = queue.settings().deadLetters;
  if (target === undefined) {
    done(new BrokerError("notAllowed", "A message of a dead-letter queue cannot be dead-lettered again."));
    return;
  }
  const move = moveToDeadLetters(
    queue,
    target,
    lock.head,
    deadLetterAmendments(why.reason, why.description, why.more),
  );
  settle(queue, lock, done, move.work, move.applied);
}

/** Brings the message to where its entity forwards now. */
export function moveOn(
  queue: MessageQueue,
  lock: Lock,
  move: (head: Head) => readonly Placed[],
  done: Done,
): void {
  const { messages } = queue.machinery;
  let moved: readonly Placed[] = [];
  const removed = removal(queue, lock.head, () => {
    if (!messages.removeHead(lock.head)) return false;
    moved = move(lock.head);
    return true;
  });
  settle(queue, lock, done, removed.work, () => {
    removed.applied();
    for (const one of moved) one.queue.arrived(one.head, one.payload);
  });
}

function settle(
  queue: MessageQueue,
  lock: Lock,
  done: Done,
  work: () => unknown,
  applied: () => void,
  write: "write" | "writePlain" = "write",
): void {
  const { clock, journal } = queue.machinery;
  if (!queue.locks.release(lock, clock.now())) {
    done(lost(lock));
    return;
  }
  lock.hold?.begin();
  journal[write](
    work,
    () => {
      applied();
      lock.hold?.finish();
      done();
    },
    (error) => {
      queue.restore(lock);
      lock.hold?.finish();
      done(asBrokerError(error));
    },
  );
}

const lost = ({ hold }: Lock): BrokerError => (hold === undefined ? lockLost() : sessionLockLost(hold.id));
