import type { Lock } from "../broker/locks.ts";
import type { Place } from "../broker/address.ts";
import type { SessionHold } from "../broker/session-hold.ts";
import type { Sessions } from "../broker/sessions.ts";
import { BrokerError } from "../errors.ts";
import { SESSION_WAIT_MS } from "../limits.ts";
import { carryOut, type LinkConsumer } from "./link-consumer.ts";
import type { OutgoingLink } from "./links.ts";

interface SessionParts {
  readonly place: Place;
  readonly sessions: Sessions;
  readonly consumer: LinkConsumer;
  /** The entity is in use. */
  readonly touch: () => void;
  /** The link has ended, however far it had got. */
  readonly closed: () => void;
}

/**
 * A receiver of one session: a named one, or the next that has messages. For the next one the attach is
 * answered only when there is one, or when the time that the client gave is over.
 * @throws BrokerError when the link is to be refused
 */
export function serveSession(link: OutgoingLink<Lock | undefined>, parts: SessionParts): void {
  const { sessions, consumer } = parts;
  const wanted = link.sessionFilter;
  if (typeof wanted === "string") {
    const hold = sessions.hold(wanted, consumer);
    if (hold === undefined) {
      parts.closed();
      throw new BrokerError(
        "sessionCannotBeLocked",
        `The requested session '${wanted}' cannot be accepted. It may be locked by another receiver.`,
      );
    }
    start(link, parts, hold);
    return;
  }
  const hold = sessions.next(consumer);
  if (hold === undefined) wait(link, parts);
  else start(link, parts, hold);
}

function wait(link: OutgoingLink<Lock | undefined>, parts: SessionParts): void {
  const { place, sessions, consumer } = parts;
  const stopWaiting = sessions.wait({
    consumer,
    granted(hold) {
      timer.cancel();
      start(link, parts, hold);
    },
  });
  const waitMs = Math.min(link.timeoutMs ?? SESSION_WAIT_MS, SESSION_WAIT_MS);
  const timer = place.queue.machinery.clock.schedule(waitMs, () => {
    stopWaiting();
    parts.closed();
    link.refuse(
      new BrokerError("timeout", "No session had a message within the time the receiver was ready to wait."),
    );
  });
  link.withhold(() => {
    timer.cancel();
    stopWaiting();
    parts.closed();
  });
}

function start(link: OutgoingLink<Lock | undefined>, parts: SessionParts, hold: SessionHold): void {
  const { place, consumer } = parts;
  hold.owner = { peer: link.peer, link: link.name };
  link.accept(
    {
      credit: (drain) => {
        parts.touch();
        hold.deliver();
        if (drain) consumer.drain();
      },
      outcome: (delivery, outcome) => carryOut(place, delivery, outcome),
      closed: () => {
        parts.closed();
        hold.end("orderly");
      },
    },
    { id: hold.id, lockedUntil: hold.until },
  );
}
