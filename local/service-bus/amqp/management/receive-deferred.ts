import { assertCanReceive } from "../../broker/admission.ts";
import { expireMessage } from "../../broker/expiry.ts";
import type { MessageQueue } from "../../broker/message-queue.ts";
import type { SessionHold } from "../../broker/session-hold.ts";
import { BrokerError } from "../../errors.ts";
import { type Head, State } from "../../store/messages.ts";
import { binary, entryOf, integerOf, list, mapOf, uuid } from "../../wire/values.ts";
import { reorderGuid } from "./lock-tokens.ts";
import { type Operation, type OperationResult, sequenceNumbers } from "./operation.ts";
import { holdOf } from "./session-operations.ts";

/** Deferred messages, all or none: locked for the receiver, or deleted (receiver-settle-mode 0). */
export const receiveDeferred: Operation = {
  claims: ["Listen"],
  async run(call) {
    const {
      place: { entity, queue },
      body,
    } = call;
    assertCanReceive(entity);
    const hold = holdOf(call);
    const heads = sequenceNumbers(body).map((sequence) => find(queue, sequence, hold));
    await expire(queue, heads);
    const deletes = integerOf(entryOf(body, "receiver-settle-mode")) === 0;
    return deletes ? await takeAway(queue, heads) : lend(queue, heads, hold);
  },
};

function find(queue: MessageQueue, sequence: number, hold: SessionHold | undefined): Head {
  const head = queue.machinery.messages.find(queue.id, sequence);
  const isThere = head?.state === State.deferred && head.session === (hold?.id ?? null);
  if (isThere && !queue.locks.isLocked(sequence)) return head;
  throw notThere(sequence);
}

/** Deferred messages outlive their time until somebody asks for them: the service looks no earlier. */
async function expire(queue: MessageQueue, heads: readonly Head[]): Promise<void> {
  const { clock, journal } = queue.machinery;
  const expired = heads.filter((head) => head.expiresAt <= clock.now());
  const [first] = expired;
  if (first === undefined) return;
  for (const head of expired) expireMessage(queue, head, false);
  await journal.settled();
  throw notThere(first.sequence);
}

async function takeAway(queue: MessageQueue, heads: readonly Head[]): Promise<OperationResult> {
  const { journal, messages } = queue.machinery;
  const replies = heads.map((head) => mapOf({ message: binary(queue.encode(head, undefined)) }));
  await journal.change(() => heads.map((head) => messages.remove(head)));
  for (const head of heads) queue.left(head);
  return mapOf({ messages: list(replies) });
}

function lend(queue: MessageQueue, heads: readonly Head[], hold: SessionHold | undefined): OperationResult {
  const replies = heads.map((head) => {
    const lock = queue.lock(head, hold);
    const message = binary(queue.encode(head, hold?.until ?? lock.until));
    return mapOf({ "lock-token": uuid(reorderGuid(lock.token)), message });
  });
  return mapOf({ messages: list(replies) });
}

const notThere = (sequence: number): BrokerError =>
  new BrokerError("messageNotFound", `There is no deferred message with sequence number ${sequence}.`);
