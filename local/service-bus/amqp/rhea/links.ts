/* oxlint-disable eslint/no-underscore-dangle -- the names are rhea's */
import type { BrokerError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES, SENDER_CREDIT } from "../../limits.ts";
import type {
  IncomingHandlers,
  IncomingLink,
  OutgoingHandlers,
  OutgoingLink,
  Outcome,
  Peer,
} from "../links.ts";
import type { RheaLink, RheaOutgoingDelivery, RheaReceiver, RheaSender } from "./internals.ts";
import { type PatchedSession, plainFormat } from "./session.ts";

const SESSION_FILTER = "com.microsoft:session-filter";
/** snd-settle-mode "settled". */
const SETTLED = 1;

/** Both frames leave in one packet: the client hardly waits for the second before it judges by the first. */
function refuse(link: RheaLink, error: BrokerError): void {
  const { socket } = link.connection;
  socket.cork();
  setImmediate(() => socket.uncork());
  link.local.attach.source = null;
  link.local.attach.target = null;
  link.close({ condition: error.condition, description: error.message });
}

/** Our attach mirrors the peer's: same terminuses, same settle modes. */
function mirror(link: RheaLink): void {
  const { local, remote } = link;
  local.attach.source = remote.attach.source?.described() ?? null;
  local.attach.target = remote.attach.target?.described() ?? null;
  local.attach.snd_settle_mode = remote.attach.snd_settle_mode ?? undefined;
  local.attach.rcv_settle_mode = remote.attach.rcv_settle_mode ?? undefined;
}

export class RheaIncomingLink implements IncomingLink {
  readonly peer: Peer;
  readonly name: string;
  readonly address: string;
  readonly #link: RheaReceiver;
  readonly #session: PatchedSession;
  #handlers: IncomingHandlers | undefined;
  #used = 0;

  constructor(peer: Peer, link: RheaReceiver, session: PatchedSession) {
    this.peer = peer;
    this.#link = link;
    this.#session = session;
    this.name = link.remote.attach.name;
    this.address = link.remote.attach.target?.address ?? "";
  }

  accept(handlers: IncomingHandlers): void {
    this.#handlers = handlers;
    mirror(this.#link);
    this.#link.local.attach.max_message_size = MAX_MESSAGE_BYTES;
    this.#link.add_credit(SENDER_CREDIT);
    this.#link.on("message", ({ message, delivery, format }) => {
      const { id, remote_settled: presettled } = delivery;
      if (presettled) delivery.settled = true;
      handlers.message({
        payload: message,
        format: plainFormat(format),
        settle: (failure) => {
          delivery.settled = true;
          if (!presettled) this.#session.settleReceived(id, failure);
          this.#replenish();
        },
      });
    });
  }

  refuse(error: BrokerError): void {
    refuse(this.#link, error);
  }

  detach(error: BrokerError): void {
    if (this.#link.is_open()) this.#link.close({ condition: error.condition, description: error.message });
  }

  closed(): void {
    this.#handlers?.closed();
    this.#handlers = undefined;
  }

  /** Credit comes back when messages are settled, so a slow disk slows the publisher down. */
  #replenish(): void {
    this.#used++;
    if (this.#used < SENDER_CREDIT / 4 || !this.#link.is_open()) return;
    this.#link.add_credit(this.#used);
    this.#used = 0;
  }
}

export class RheaOutgoingLink implements OutgoingLink<unknown> {
  readonly peer: Peer;
  readonly name: string;
  readonly address: string;
  readonly target: string;
  readonly presettled: boolean;
  readonly sessionFilter: string | null | undefined;
  readonly #link: RheaSender;
  readonly #session: PatchedSession;
  #handlers: OutgoingHandlers<unknown> | undefined;

  constructor(peer: Peer, link: RheaSender, session: PatchedSession) {
    this.peer = peer;
    this.#link = link;
    this.#session = session;
    const { attach } = link.remote;
    this.name = attach.name;
    this.address = attach.source?.address ?? "";
    this.target = attach.target?.address ?? "";
    this.presettled = attach.snd_settle_mode === SETTLED;
    const filter = attach.source?.filter ?? {};
    const wanted = filter[SESSION_FILTER];
    this.sessionFilter = SESSION_FILTER in filter ? (typeof wanted === "string" ? wanted : null) : undefined;
  }

  accept(handlers: OutgoingHandlers<unknown>): void {
    this.#handlers = handlers;
    mirror(this.#link);
    this.#link.on("sender_flow", () => this.credited(this.#link._draining === true));
  }

  refuse(error: BrokerError): void {
    refuse(this.#link, error);
  }

  detach(error: BrokerError): void {
    if (this.#link.is_open()) this.#link.close({ condition: error.condition, description: error.message });
  }

  room(): number {
    if (this.#handlers === undefined || !this.#link.is_open()) return 0;
    const { outgoing } = this.#link.session;
    const unsent = outgoing.next_delivery_id - outgoing.next_pending_delivery;
    return Math.min(this.#link.credit - unsent, outgoing.transfer_window() - unsent, outgoing.available());
  }

  send(encoded: Buffer, tag: Buffer, subject: unknown): void {
    const delivery = this.#link.send(encoded, tag, 0);
    delivery.subject = subject;
    if (this.presettled) delivery.settled = true;
  }

  drained(): void {
    if (this.#link.is_open()) this.#session.writeDrained(this.#link);
  }

  credited(drain: boolean): void {
    this.#handlers?.credit(drain);
  }

  /** The peer has decided what is to happen to a delivery. */
  decided(delivery: RheaOutgoingDelivery, outcome: Outcome): void {
    if (delivery.decided === true) return;
    delivery.decided = true;
    this.#handlers?.outcome(
      {
        subject: delivery.subject,
        settle: (failure) => {
          // Both flags: rhea waits for a second disposition that the client never sends.
          delivery.settled = true;
          delivery.remote_settled = true;
          this.#session.settleSent(delivery.id, failure);
        },
      },
      outcome,
    );
  }

  closed(): void {
    this.#handlers?.closed();
    this.#handlers = undefined;
  }
}
