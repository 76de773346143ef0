import type { MessageQueue } from "../../broker/message-queue.ts";
import type { SessionHold } from "../../broker/session-hold.ts";
import { BrokerError, sessionLockLost } from "../../errors.ts";
import { arrayOf, binary, entryOf, int, mapOf, nothing, text, textOf, timestamp } from "../../wire/values.ts";
import { integerField, type Operation, type OperationCall, textField } from "./operation.ts";

const LISTEN = ["Listen"] as const;
const MAX_SESSIONS = 1000;

/**
 * The hold of the session that a request names, if it is the requester's own. Undefined where the queue has
 * no sessions: there a message's session id means nothing, and the client names it all the same.
 * @throws BrokerError (sessionLockLost) when the session is not held by the requester
 */
export function holdOf({ place: { queue }, body, requester }: OperationCall): SessionHold | undefined {
  if (queue.sessions === undefined) return undefined;
  const id = textOf(entryOf(body, "session-id"));
  const hold = queue.sessions.held(id ?? "");
  const isOwn =
    hold?.owner?.peer === requester.peer &&
    (requester.link === undefined || requester.link === hold.owner.link);
  if (!isOwn) throw sessionLockLost(id ?? "");
  return hold;
}

function ownHold(call: OperationCall): SessionHold {
  textField(call.body, "session-id");
  const hold = holdOf(call);
  if (hold === undefined) throw new BrokerError("notAllowed", "The entity does not require sessions.");
  return hold;
}

const renewSessionLock: Operation = {
  claims: LISTEN,
  run(call) {
    const hold = ownHold(call);
    const until = call.place.queue.sessions?.renew(hold) ?? hold.until;
    return mapOf({ expiration: timestamp(until) });
  },
};

const setSessionState: Operation = {
  claims: LISTEN,
  async run(call) {
    const hold = ownHold(call);
    const { id: queue, machinery } = call.place.queue;
    const value = entryOf(call.body, "session-state") ?? nothing;
    if (value.type !== "binary" && value.type !== "null") {
      throw new BrokerError("invalid", "A session's state is binary or null.");
    }
    const state = value.type === "null" ? null : value.value;
    // The session may not change hands before the state is on disk.
    hold.begin();
    try {
      await machinery.journal.change(() =>
        machinery.sessions.setState(queue, hold.id, state, machinery.clock.now()),
      );
    } finally {
      hold.finish();
    }
    return mapOf({});
  },
};

const getSessionState: Operation = {
  claims: LISTEN,
  async run(call) {
    const hold = ownHold(call);
    const { id: queue, machinery } = call.place.queue;
    // A state that was written in this turn may be told only when it is on disk.
    await machinery.journal.settled();
    const state = machinery.sessions.state(queue, hold.id);
    return mapOf({ "session-state": state === undefined ? nothing : binary(state) });
  },
};

const getMessageSessions: Operation = {
  claims: LISTEN,
  run({ place: { queue }, body }) {
    sessionsRequired(queue);
    const skip = integerField(body, "skip");
    const top = Math.min(integerField(body, "top"), MAX_SESSIONS);
    const since = entryOf(body, "last-updated-time");
    const sinceMs = since?.type === "timestamp" ? since.value : 0;
    const ids = queue.machinery.sessions.updatedSince(queue.id, sinceMs, skip, top);
    if (ids.length === 0) return undefined;
    return mapOf({ skip: int(skip + ids.length), "sessions-ids": arrayOf("string", ids.map(text)) });
  },
};

function sessionsRequired(queue: MessageQueue): void {
  if (queue.sessions === undefined)
    throw new BrokerError("notAllowed", "The entity does not require sessions.");
}

export const sessionOperations: Readonly<Record<string, Operation>> = {
  "com.microsoft:renew-session-lock": renewSessionLock,
  "com.microsoft:set-session-state": setSessionState,
  "com.microsoft:get-session-state": getSessionState,
  "com.microsoft:get-message-sessions": getMessageSessions,
};
