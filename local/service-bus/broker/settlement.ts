import { asBrokerError, BrokerError, lockLost, sessionLockLost } from "../errors.ts";
import { NEVER, SWEEP } from "../limits.ts";
import { amend, type Amendments, deadLetterAmendments } from "../message/amend.ts";
import { type Head, State } from "../store/messages.ts";
import type { Lock } from "./locks.ts";
import type { MessageQueue, Placed } from "./message-queue.ts";

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

/** A lock has run out: the attempt counts as failed. */
export function failAttempt(
  queue: MessageQueue,
  head: Head,
  amendments: Amendments,
  finished?: () => void,
): void {
  const attempt = countAttempt(queue, head, amendments);
  queue.machinery.journal.write(
    attempt.work,
    () => {
      attempt.applied();
      finished?.();
    },
    () => {
      giveBack(queue, head);
      finished?.();
    },
  );
}

/**
 * The message has outlived its time: a dead letter, or gone, as the entity says. `inHand` = it had been
 * taken from the window and must return there should the disk fail.
 */
export function expireMessage(queue: MessageQueue, head: Head, inHand: boolean): void {
  const { journal, messages } = queue.machinery;
  const { deadLetters, deadLetterExpired } = queue.settings();
  const change =
    deadLetters !== undefined && deadLetterExpired
      ? moveToDeadLetters(
          queue,
          deadLetters,
          head,
          deadLetterAmendments("TTLExpiredException", "The message expired and was dead lettered."),
        )
      : removal(queue, head, () => messages.remove(head));
  journal.write(change.work, change.applied, () => {
    if (inHand) giveBack(queue, head);
  });
}

/** Expires what is due, a bounded number at a time, and sets the timer for the rest. */
export function sweepExpired(queue: MessageQueue): void {
  const { clock, messages } = queue.machinery;
  if (isDeadLetters(queue)) return;
  const now = clock.now();
  const expired: Head[] = [];
  for (const head of messages.expired(queue.id, now)) {
    if (queue.locks.isLocked(head.sequence)) continue;
    expired.push(head);
    if (expired.length === SWEEP) break;
  }
  for (const head of expired) {
    expireMessage(queue, head, queue.withdraw(head));
  }
  queue.expiryTimer.by(expired.length === SWEEP ? now : messages.nextExpiry(queue.id, now));
}

/** What a transition does on disk, and then in memory. */
interface Transition {
  readonly work: () => unknown;
  readonly applied: () => void;
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

function countAttempt(queue: MessageQueue, head: Head, amendments: Amendments): Transition {
  const { messages } = queue.machinery;
  const { maxDeliveryCount, deadLetters } = queue.settings();
  if (maxDeliveryCount === undefined || deadLetters === undefined) {
    return { work: () => rewrite(queue, head, amendments), applied: () => giveBack(queue, head) };
  }
  const deliveryCount = head.deliveryCount + 1;
  const failed = { ...head, deliveryCount };
  if (deliveryCount >= maxDeliveryCount) {
    const description = `Message could not be consumed after ${deliveryCount} delivery attempts.`;
    const reason = deadLetterAmendments("MaxDeliveryCountExceeded", description);
    return moveToDeadLetters(queue, deadLetters, failed, [...amendments, ...reason]);
  }
  return {
    work: () => {
      messages.setDeliveryCount(head, deliveryCount);
      rewrite(queue, head, amendments);
    },
    applied: () => giveBack(queue, failed),
  };
}

function moveToDeadLetters(
  queue: MessageQueue,
  target: MessageQueue,
  head: Head,
  amendments: Amendments,
): Transition {
  const { messages } = queue.machinery;
  let moved: readonly Placed[] = [];
  const removed = removal(queue, head, () => {
    if (!messages.removeHead(head)) return false;
    rewrite(queue, head, amendments);
    const { path: source, forwardDeadLetter } = queue.settings();
    if (forwardDeadLetter === undefined) {
      const there = target.place({ ...head, state: State.active, expiresAt: NEVER, scheduledAt: 0, source });
      moved = [{ queue: target, head: there, payload: undefined }];
    } else {
      moved = forwardDeadLetter(head);
    }
    return true;
  });
  return {
    work: removed.work,
    applied: () => {
      removed.applied();
      for (const one of moved) one.queue.arrived(one.head, one.payload);
    },
  };
}

/** The message may have gone meanwhile (its expiry and a delivery can meet); then nothing happens. */
function removal(queue: MessageQueue, head: Head, remove: () => boolean): Transition {
  let removed = false;
  return {
    work: () => {
      removed = remove();
    },
    applied: () => {
      if (removed) queue.left(head);
    },
  };
}

/** A deferred message stays deferred. */
function giveBack(queue: MessageQueue, head: Head): void {
  if (head.state === State.active) queue.giveBack(head);
}

function rewrite(queue: MessageQueue, head: Head, amendments: Amendments): void {
  if (amendments.length === 0) return;
  const { messages } = queue.machinery;
  messages.rewrite(head, amend(messages.payload(head), amendments));
}

const lost = ({ hold }: Lock): BrokerError => (hold === undefined ? lockLost() : sessionLockLost(hold.id));

const isDeadLetters = (queue: MessageQueue): boolean => queue.settings().deadLetters === undefined;
