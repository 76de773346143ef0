import type { BrokerError } from "../errors.ts";
import type { AmqpMap } from "../wire/values.ts";

/**
 * AMQP as the broker sees it: peers, links and deliveries. `rhea/` implements this; nothing outside that
 * folder knows rhea.
 */

/** One connection. */
export interface Peer {
  readonly id: string;
}

/** A link on which the peer sends to us. */
export interface IncomingLink {
  readonly peer: Peer;
  readonly name: string;
  /** The target's address. */
  readonly address: string;
  accept(handlers: IncomingHandlers): void;
  /** Instead of `accept`: answers the attach and detaches with the error. */
  refuse(error: BrokerError): void;
  /** Ends an accepted link. */
  detach(error: BrokerError): void;
}

export interface IncomingHandlers {
  message(delivery: IncomingDelivery): void;
  closed(): void;
}

export interface IncomingDelivery {
  readonly payload: Buffer;
  /** The message format; 0 is a plain message. */
  readonly format: number;
  /** Call once: accepted, or rejected with the error. */
  settle(failure?: BrokerError): void;
}

/** A link on which we send to the peer. */
export interface OutgoingLink<Subject> {
  readonly peer: Peer;
  readonly name: string;
  /** The source's address. */
  readonly address: string;
  /** The peer's own name for its end; replies are addressed to it. */
  readonly target: string;
  /** The peer wants its deliveries settled when they are sent. */
  readonly presettled: boolean;
  /** The session filter: undefined = none asked for, null = any session. */
  readonly sessionFilter: string | null | undefined;
  /** How long the peer is ready to wait for a session, if it says so. */
  readonly timeoutMs: number | undefined;
  /** With `session` the peer is told which session it got, and until when. */
  accept(handlers: OutgoingHandlers<Subject>, session?: GrantedSession): void;
  /** Answers the attach later, with `accept` or `refuse`, unless the peer goes away before. */
  withhold(closed: () => void): void;
  refuse(error: BrokerError): void;
  detach(error: BrokerError): void;
  /** How many messages can be sent right now: credit, window and buffer considered. */
  room(): number;
  /** `subject` comes back with the delivery's outcome. */
  send(encoded: Buffer, tag: Buffer, subject: Subject): void;
  /** Uses up the credit and says so: the answer to a drain, due even when no credit is left. */
  drained(): void;
}

export interface GrantedSession {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly lockedUntil: number;
}

export interface OutgoingHandlers<Subject> {
  /** There may be new room. With `drain`, `drained` must follow once what is available has been sent. */
  credit(drain: boolean): void;
  outcome(delivery: OutgoingDelivery<Subject>, outcome: Outcome): void;
  closed(): void;
}

export interface OutgoingDelivery<Subject> {
  readonly subject: Subject;
  /** Call once: tells the peer that its wish was carried out, or why not. */
  settle(failure?: BrokerError): void;
}

/** What the peer wants to happen to a delivery. */
export type Outcome =
  | { readonly kind: "accepted" }
  | { readonly kind: "released" }
  | {
      readonly kind: "modified";
      readonly undeliverableHere: boolean;
      readonly annotations: AmqpMap | undefined;
    }
  | { readonly kind: "rejected"; readonly info: AmqpMap | undefined };

export interface AmqpHandlers {
  incoming(link: IncomingLink): void;
  /** The handler chooses what its deliveries are about. */
  outgoing(link: OutgoingLink<unknown>): void;
  /** The connection is gone; its links have been closed. */
  gone(peer: Peer): void;
}
