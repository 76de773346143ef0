/* oxlint-disable eslint/no-underscore-dangle -- the names are rhea's */
import { createRequire } from "node:module";
import type { BrokerError } from "../../errors.ts";
import { MAX_FRAME_BYTES } from "../../limits.ts";
import { MalformedAmqp } from "../../wire/decode.ts";
import { transferFrames } from "../../wire/frames.ts";
import type { Disposition, Flow, Transfer } from "../../wire/performatives.ts";
import { Dispositions } from "./dispositions.ts";
import type { Outcome } from "../links.ts";
import type { RheaFrames, RheaLink, RheaSender, RheaSession } from "./internals.ts";
import { RheaIncomingLink, RheaOutgoingLink } from "./links.ts";
import { outcomeOf } from "./outcomes.ts";
import { Assembly } from "./assembly.ts";
import { Sent, type SentDelivery } from "./sent.ts";
import { serial } from "./serial.ts";
import type { FrameTaker, Transport } from "./transport.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const frames = createRequire(import.meta.url)("rhea/lib/frames.js") as RheaFrames;

type Ours = RheaIncomingLink | RheaOutgoingLink;
export type SentOnLink = SentDelivery<RheaOutgoingLink>;

/**
 * The deliveries of one AMQP session, both ways, without rhea's part in them: it decodes what is to stay encoded,
 * merges different outcomes into one and keeps what was settled. rhea still counts the transfers, since it writes
 * flows of its own.
 */
export class SessionDeliveries implements FrameTaker {
  readonly #session: RheaSession;
  readonly #transport: Transport;
  readonly #linkOf: (link: RheaLink) => Ours | undefined;
  readonly #received = new Dispositions(true);
  readonly #answered = new Dispositions(false);
  readonly #assembly = new Assembly();
  readonly #sent = new Sent<RheaOutgoingLink>();
  #nextDeliveryId = 0;
  /** Frames that wait for the peer to open its window. */
  readonly #unsent: Buffer[] = [];
  #flushing = false;
  #closed = false;

  constructor(session: RheaSession, transport: Transport, linkOf: (link: RheaLink) => Ours | undefined) {
    this.#session = session;
    this.#transport = transport;
    this.#linkOf = linkOf;
  }

  /** How many more messages this session can send. */
  room(): number {
    if (this.#unsent.length > 0) return 0;
    return Math.min(this.#window(), this.#sent.room);
  }

  /** Sends a message; `subject` comes back with its outcome unless it is settled already. */
  send(
    sender: RheaSender,
    { payload, tag, settled }: { readonly payload: Buffer; readonly tag: Buffer; readonly settled: boolean },
    link: RheaOutgoingLink,
    subject: unknown,
  ): void {
    const id = this.#nextDeliveryId;
    this.#nextDeliveryId = serial(id + 1);
    if (!settled) this.#sent.add(id, link, subject);
    sender.credit--;
    sender.delivery_count++;
    const delivery = { handle: sender.local.handle, id, tag, settled };
    const most = sender.connection.max_frame_size ?? MAX_FRAME_BYTES;
    this.#unsent.push(...transferFrames(this.#channel, delivery, payload, most));
    this.#sendUnsent();
  }

  /** Settles a delivery that we received. */
  settleReceived(id: number, failure: BrokerError | undefined): void {
    this.#received.add(id, failure);
    this.#flushSoon();
  }

  /** Settles a delivery that we sent, at the peer's wish. */
  settleSent({ id }: SentOnLink, failure: BrokerError | undefined): void {
    const wasFull = this.#sent.room <= 0;
    this.#sent.remove(id);
    this.#answered.add(id, failure);
    this.#flushSoon();
    if (wasFull) this.#wake();
  }

  /** Flow with no credit left and drain set; the client waits for exactly this. */
  writeDrained(link: RheaSender): void {
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    const { incoming, outgoing } = this.#session;
    const nextIncoming = incoming.next_transfer_id >>> 0;
    incoming.max_transfer_id = nextIncoming + incoming.window;
    this.#session.output(
      frames.flow({
        next_incoming_id: nextIncoming,
        incoming_window: incoming.window,
        next_outgoing_id: outgoing.next_transfer_id >>> 0,
        outgoing_window: outgoing.window,
        handle: link.local.handle,
        delivery_count: link.delivery_count,
        link_credit: 0,
        drain: true,
      }),
    );
  }

  flow(flow: Flow): void {
    const { incoming, outgoing } = this.#session;
    outgoing.remote_next_transfer_id = flow.nextIncomingId ?? outgoing.remote_next_transfer_id;
    outgoing.remote_window = flow.incomingWindow;
    incoming.next_transfer_id = flow.nextOutgoingId;
    this.#sendUnsent();
    if (flow.handle === undefined) {
      if (flow.echo) this.#session._write_flow();
      // It opens the session's window, for every link.
      this.#wake();
      return;
    }
    const link = this.#attached(flow.handle);
    if (!link.is_receiver()) {
      link.credit = (flow.deliveryCount ?? 0) + (flow.linkCredit ?? 0) - link.delivery_count;
      const ours = this.#linkOf(link);
      if (ours instanceof RheaOutgoingLink) ours.credited(flow.drain);
    }
    if (flow.echo) this.#session._write_flow(link);
  }

  transfer(transfer: Transfer): void {
    const { incoming, connection } = this.#session;
    incoming.next_transfer_id++;
    // rhea looks whether the peer needs a new window.
    connection._register();
    const receiver = this.#attached(transfer.handle);
    const whole = this.#assembly.take(receiver, transfer);
    if (whole !== undefined) this.#deliver(receiver, whole);
  }

  disposition({ role, first, last, settled, state }: Disposition): void {
    // Nothing depends on what the peer says about its own deliveries: they were settled by our answer.
    if (!role) return;
    const outcome = outcomeOf(state);
    for (const delivery of this.#sent.between(first, last)) {
      if (outcome !== undefined) this.#decide(delivery, outcome);
      // The peer has forgotten it without a word; its lock runs on.
      else if (settled && !delivery.isDecided) this.#sent.remove(delivery.id);
    }
  }

  /** A link has ended: nothing will be heard of its deliveries. */
  forget(ended: Ours, rheaLink: RheaLink): void {
    this.#assembly.forget(rheaLink);
    if (ended instanceof RheaOutgoingLink) this.#sent.removeAllOf(ended);
  }

  close(): void {
    this.#closed = true;
  }

  get #channel(): number {
    return this.#session.local.channel;
  }

  #attached(handle: number): RheaLink {
    const link = this.#session.remote.handles[handle];
    if (link === undefined) throw new MalformedAmqp(`there is no link with the handle ${handle}`);
    return link;
  }

  /** Room for transfers in the peer's window. */
  #window(): number {
    const { next_transfer_id: next, remote_next_transfer_id: remote, remote_window } = this.#session.outgoing;
    return (remote_window ?? 0) - serial(next - (remote ?? 0));
  }

  #deliver(receiver: RheaLink, { deliveryId, format, settled, payload }: Transfer): void {
    const ours = this.#linkOf(receiver);
    if (deliveryId === undefined) throw new MalformedAmqp("a delivery has no number");
    if (!(ours instanceof RheaIncomingLink)) return;
    if (receiver.credit <= 0) {
      const description = "More messages were sent than the link had credit for.";
      receiver.close({ condition: "amqp:link:transfer-limit-exceeded", description });
      return;
    }
    receiver.credit--;
    receiver.delivery_count++;
    ours.received({ id: deliveryId, format: format ?? 0, settled, payload });
  }

  #decide(delivery: SentOnLink, outcome: Outcome): void {
    if (delivery.isDecided) return;
    delivery.isDecided = true;
    delivery.link.decided(delivery, outcome);
  }

  #sendUnsent(): void {
    const { outgoing } = this.#session;
    let sent = 0;
    for (const frame of this.#unsent) {
      if (this.#window() <= 0) break;
      outgoing.next_transfer_id = serial(outgoing.next_transfer_id + 1);
      this.#transport.write(frame);
      sent++;
    }
    if (sent > 0) this.#unsent.splice(0, sent);
  }

  #wake(): void {
    for (const link of Object.values(this.#session.links)) {
      const ours = this.#linkOf(link);
      if (ours instanceof RheaOutgoingLink) ours.credited(false);
    }
  }

  /** After a commit many deliveries settle in one go; a run of accepted ones needs one frame. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (this.#closed) return;
      const write = (frame: Buffer): void => this.#transport.write(frame);
      this.#received.flush(this.#channel, write);
      this.#answered.flush(this.#channel, write);
    });
  }
}
