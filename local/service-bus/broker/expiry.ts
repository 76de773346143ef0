import { SWEEP } from "../limits.ts";
import { type Amendments, deadLetterAmendments } from "../message/amend.ts";
import type { Head } from "../store/messages.ts";
import type { MessageQueue } from "./message-queue.ts";
import { countAttempt, giveBack, isDeadLetters, moveToDeadLetters, removal } from "./transitions.ts";

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
