/* oxlint-disable eslint/no-underscore-dangle -- the names are rhea's */
import { createRequire } from "node:module";
import type { BrokerError } from "../../errors.ts";
import { MAX_FRAME_BYTES } from "../../limits.ts";
import type {
  RheaFrame,
  RheaFrames,
  RheaMessage,
  RheaReceiver,
  RheaSender,
  RheaSession,
  RheaTransfer,
} from "./internals.ts";
import type { RheaOutgoingLink } from "./links.ts";
import { outcomeOf } from "./outcomes.ts";

const require = createRequire(import.meta.url);
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const frames = require("rhea/lib/frames.js") as RheaFrames;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const outcomes = require("rhea/lib/message.js") as RheaMessage;

/** rhea decodes messages of format 0 by itself; this private format stops it. */
const UNDECODED = 1;

/** The format that the peer gave a delivery, behind rhea's back. */
export const plainFormat = (format: number | undefined): number =>
  format === undefined || format === UNDECODED ? 0 : format;

/**
 * One AMQP session with rhea's flaws worked round: messages stay encoded, dispositions are read and written
 * here (rhea merges different outcomes into one), and settled deliveries leave its buffer.
 */
export class PatchedSession {
  readonly #session: RheaSession;
  readonly #received = new Dispositions(true);
  readonly #sent = new Dispositions(false);
  #flushing = false;
  #closed = false;

  constructor(session: RheaSession, linkOf: (sender: RheaSender) => RheaOutgoingLink | undefined) {
    this.#session = session;
    this.#keepEncoded();
    this.#readDispositions(linkOf);
    this.#wakeOnFlow(linkOf);
  }

  /** Settles a delivery that we received. */
  settleReceived(id: number, failure: BrokerError | undefined): void {
    this.#received.add(id, failure);
    this.#flushSoon();
  }

  /** Settles a delivery that we sent, at the peer's wish. */
  settleSent(id: number, failure: BrokerError | undefined): void {
    this.#sent.add(id, failure);
    this.#flushSoon();
  }

  /** Flow with no credit left and drain set; the client waits for exactly this. */
  writeDrained(link: RheaSender): void {
    const session = this.#session;
    session.outgoing.process();
    link.delivery_count += link.credit;
    link.credit = 0;
    link._draining = false;
    const nextIncoming = session.incoming.next_transfer_id >>> 0;
    session.incoming.max_transfer_id = nextIncoming + session.incoming.window;
    session.output(
      frames.flow({
        next_incoming_id: nextIncoming,
        incoming_window: session.incoming.window,
        next_outgoing_id: session.outgoing.next_transfer_id >>> 0,
        outgoing_window: session.outgoing.window,
        handle: link.local.handle,
        delivery_count: link.delivery_count,
        link_credit: 0,
        drain: true,
      }),
    );
  }

  close(): void {
    this.#closed = true;
  }

  /** After a commit many deliveries settle in one go; a run of accepted ones needs one frame. */
  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      if (this.#closed) return;
      this.#received.flush((fields) => this.#session.output(frames.disposition(fields)));
      this.#sent.flush((fields) => this.#session.output(frames.disposition(fields)));
      this.#session.connection._register();
    });
  }

  #keepEncoded(): void {
    const { incoming } = this.#session;
    const original = incoming.on_transfer.bind(incoming);
    incoming.on_transfer = (frame: RheaFrame<RheaTransfer>, receiver: RheaReceiver): void => {
      const transfer = frame.performative;
      if (receiver._incomplete === undefined) {
        if (
          transfer.message_format === 0 ||
          transfer.message_format === null ||
          transfer.message_format === undefined
        ) {
          transfer.message_format = UNDECODED;
        }
      } else {
        const pending = receiver._incomplete.frames ?? [];
        if (pending.reduce((sum, part) => sum + part.length, 0) > MAX_FRAME_BYTES) {
          throw new Error("a message in several frames is far too large");
        }
        if (transfer.aborted === true) {
          receiver._incomplete.settled = true;
          receiver._incomplete = undefined;
          incoming.next_transfer_id++;
          return;
        }
      }
      original(frame, receiver);
    };
  }

  #readDispositions(linkOf: (sender: RheaSender) => RheaOutgoingLink | undefined): void {
    const { deliveries } = this.#session.outgoing;
    this.#session.on_disposition = ({ performative }): void => {
      const head = deliveries.get_head();
      // Nothing depends on what the peer says about its own deliveries: they were settled by our answer.
      if (!performative.role || head === undefined) return;
      const outcome = outcomeOf(performative.state);
      const last = Math.min(performative.last ?? performative.first, head.id + deliveries.size - 1);
      for (let id = Math.max(performative.first, head.id); id <= last; id++) {
        const delivery = deliveries.by_id(id);
        if (delivery !== undefined && !delivery.settled && outcome !== undefined) {
          linkOf(delivery.link)?.decided(delivery, outcome);
        }
      }
    };
  }

  /** A flow without a handle opens the session's window, for every link. */
  #wakeOnFlow(linkOf: (sender: RheaSender) => RheaOutgoingLink | undefined): void {
    const session = this.#session;
    const original = session.on_flow.bind(session);
    session.on_flow = (frame): void => {
      original(frame);
      if (frame.performative.handle !== undefined && frame.performative.handle !== null) return;
      for (const link of Object.values(session.links)) {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the map only knows senders
        linkOf(link as RheaSender)?.credited(false);
      }
    };
  }
}

/** Answers that wait to be written: one frame per failure, one per run of successes. */
class Dispositions {
  readonly #role: boolean;
  #accepted: number[] = [];
  #failed: { readonly id: number; readonly failure: BrokerError }[] = [];

  constructor(role: boolean) {
    this.#role = role;
  }

  add(id: number, failure: BrokerError | undefined): void {
    if (failure === undefined) this.#accepted.push(id);
    else this.#failed.push({ id, failure });
  }

  flush(write: (fields: object) => void): void {
    const done = this.#accepted.toSorted((a, b) => a - b);
    const failed = this.#failed;
    this.#accepted = [];
    this.#failed = [];
    for (let from = 0; from < done.length;) {
      let to = from;
      while (to + 1 < done.length && done[to + 1] === (done[to] ?? 0) + 1) to++;
      this.#write(write, done[from] ?? 0, done[to] ?? 0, outcomes.accepted().described());
      from = to + 1;
    }
    for (const { id, failure } of failed) {
      const error = { condition: failure.condition, description: failure.message };
      this.#write(write, id, id, outcomes.rejected({ error }).described());
    }
  }

  #write(write: (fields: object) => void, first: number, last: number, state: unknown): void {
    write({ role: this.#role, first, last, settled: true, state });
  }
}
