import { NEVER } from "../limits.ts";
import { amend, type Amendments, deadLetterAmendments } from "../message/amend.ts";
import { type Head, State } from "../store/messages.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { Placed } from "./machinery.ts";

/** What a transition does on disk, and then in memory. */
interface Transition {
  readonly work: () => unknown;
  readonly applied: () => void;
}

export function countAttempt(queue: MessageQueue, head: Head, amendments: Amendments): Transition {
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

export function moveToDeadLetters(
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
    const { forwardDeadLetter } = queue.settings();
    if (forwardDeadLetter === undefined) {
      const there = target.place({ ...head, state: State.active, expiresAt: NEVER, scheduledAt: 0 });
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
export function removal(queue: MessageQueue, head: Head, remove: () => boolean): Transition {
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
export function giveBack(queue: MessageQueue, head: Head): void {
  if (head.state === State.active) queue.giveBack(head);
}

export function rewrite(queue: MessageQueue, head: Head, amendments: Amendments): void {
  if (amendments.length === 0) return;
  const { messages } = queue.machinery;
  messages.rewrite(head, amend(messages.payload(head), amendments));
}

export const isDeadLetters = (queue: MessageQueue): boolean => queue.settings().deadLetters === undefined;
