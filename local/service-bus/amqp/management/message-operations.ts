import { type Done, abandon, complete, deadLetter, defer } from "../../broker/settlement.ts";
import { cancelScheduled } from "../../broker/schedule.ts";
import type { Lock } from "../../broker/locks.ts";
import type { MessageQueue } from "../../broker/message-queue.ts";
import { BrokerError } from "../../errors.ts";
import { MAX_REPLY_BYTES } from "../../limits.ts";
import { type Amendments, amendmentsOf } from "../../message/amend.ts";
import { readMessage } from "../../message/incoming.ts";
import type { Head } from "../../store/messages.ts";
import {
  type AmqpMap,
  type AmqpValue,
  arrayOf,
  binary,
  entryOf,
  list,
  long,
  mapOf,
  textOf,
  timestamp,
} from "../../wire/values.ts";
import { assertCanReceive, assertCanSend } from "../../broker/admission.ts";
import { holdOf } from "./session-operations.ts";
import { findLocks } from "./lock-tokens.ts";
import { receiveDeferred } from "./receive-deferred.ts";
import { arrayField, integerField, type Operation, sequenceNumbers, textField } from "./operation.ts";

const LISTEN = ["Listen"] as const;
const SEND = ["Send"] as const;
const MAX_PEEK = 1000;

/** Messages in any state from a sequence number on, without locking them. */
const peek: Operation = {
  claims: LISTEN,
  run({ place: { queue }, body }) {
    const session = textOf(entryOf(body, "session-id"));
    if (session !== undefined && queue.sessions === undefined)
      throw new BrokerError("notAllowed", "The entity does not require sessions.");
    const from = integerField(body, "from-sequence-number");
    const count = Math.min(integerField(body, "message-count"), MAX_PEEK);
    const omit = entryOf(body, "omit-message-body");
    const omitBody = omit?.type === "boolean" && omit.value;
    const found: AmqpValue[] = [];
    let bytes = 0;
    for (const head of headsFrom(queue, session, from, count)) {
      const encoded = queue.encode(head, undefined, { omitBody });
      bytes += encoded.length;
      if (found.length > 0 && bytes > MAX_REPLY_BYTES) break;
      found.push(mapOf({ message: binary(encoded) }));
    }
    return found.length === 0 ? undefined : mapOf({ messages: list(found) });
  },
};

const renewLock: Operation = {
  claims: LISTEN,
  run({ place: { queue }, body }) {
    const locks = findLocks(queue, arrayField(body, "lock-tokens"), undefined);
    const expirations = locks.map((lock) => timestamp(queue.renew(lock)));
    return mapOf({ expirations: arrayOf("timestamp", expirations) });
  },
};

const scheduleMessage: Operation = {
  claims: SEND,
  async run({ namespace, place: { entity, queue }, body }) {
    assertCanSend(entity, queue);
    const messages = arrayField(body, "messages").map((entry) => {
      const message = entry.type === "map" ? entryOf(entry, "message") : undefined;
      if (message?.type !== "binary") throw new BrokerError("invalid", "A message to schedule is missing.");
      return readMessage(message.value);
    });
    const sequences = await namespace.publisher.schedule(entity, messages);
    return mapOf({ "sequence-numbers": arrayOf("long", sequences.map(long)) });
  },
};

const cancelScheduledMessage: Operation = {
  claims: SEND,
  async run({ namespace, place: { entity, queue }, body }) {
    assertCanSend(entity, queue);
    await cancelScheduled(entity, namespace.machinery, sequenceNumbers(body));
    return mapOf({});
  },
};

/** Settles what no link can settle any more: deferred messages, and deliveries whose link is closed. */
const updateDisposition: Operation = {
  claims: LISTEN,
  async run(call) {
    const {
      place: { entity, queue },
      body,
    } = call;
    assertCanReceive(entity);
    const hold = holdOf(call);
    const locks = findLocks(queue, arrayField(body, "lock-tokens"), hold);
    const settle = disposition(textField(body, "disposition-status"), body);
    await Promise.all(locks.map((lock) => settled((done) => settle(queue, lock, done))));
    return mapOf({});
  },
};

type Settle = (queue: MessageQueue, lock: Lock, done: Done) => void;

function disposition(status: string, body: AmqpMap): Settle {
  const properties = entryOf(body, "properties-to-modify");
  const more: Amendments = properties?.type === "map" ? amendmentsOf(properties) : [];
  switch (status) {
    case "completed":
      return complete;
    case "abandoned":
      return (queue, lock, done) => abandon(queue, lock, more, done);
    case "defered":
      return (queue, lock, done) => defer(queue, lock, more, done);
    case "suspended": {
      const reason = textOf(entryOf(body, "deadletter-reason"));
      const description = textOf(entryOf(body, "deadletter-description"));
      return (queue, lock, done) => deadLetter(queue, lock, { reason, description, more }, done);
    }
    default:
      throw new BrokerError("invalid", `Unknown disposition status '${status}'.`);
  }
}

function settled(start: (done: Done) => void): Promise<void> {
  return new Promise((resolve, reject) =>
    start((failure) => {
      if (failure === undefined) resolve();
      else reject(failure);
    }),
  );
}

function headsFrom(
  queue: MessageQueue,
  session: string | undefined,
  from: number,
  count: number,
): readonly Head[] {
  const { messages, sessions } = queue.machinery;
  if (session === undefined) return messages.from(queue.id, from, count);
  return sessions.from(queue.id, session, from, count);
}

export const messageOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:peek-message": peek,
  "com.microsoft:renew-lock": renewLock,
  "com.microsoft:schedule-message": scheduleMessage,
  "com.microsoft:cancel-scheduled-message": cancelScheduledMessage,
  "com.microsoft:receive-by-sequence-number": receiveDeferred,
  "com.microsoft:update-disposition": updateDisposition,
};
