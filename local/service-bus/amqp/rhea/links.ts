import type { BrokerError } from "../../errors.ts";
import { MAX_MESSAGE_BYTES, SENDER_CREDIT } from "../../limits.ts";
import { createRequire } from "node:module";
import type {
  GrantedSession,
  IncomingDelivery,
  IncomingHandlers,
  IncomingLink,
  OutgoingHandlers,
  OutgoingLink,
  Outcome,
  Peer,
} from "../links.ts";
import type { RheaLink, RheaReceiver, RheaSender, RheaTypes } from "./internals.ts";
import type { Outflow } from "./outflow.ts";
import type { SentOnLink, SessionDeliveries } from "./session.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const types = createRequire(import.meta.url)("rhea/lib/types.js") as RheaTypes;

const TIMEOUT = "com.microsoft:timeout";
const LOCKED_UNTIL = "com.microsoft:locked-until-utc";
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
  readonly #session: SessionDeliveries;
  #handlers: IncomingHandlers | undefined;
  #used = 0;

  constructor(peer: Peer, link: RheaReceiver, session: SessionDeliveries) {
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
  }

  /** A whole message has come. */
  received({
    id,
    format,
    settled,
    payload,
  }: Pick<IncomingDelivery, "format" | "payload"> & {
    readonly id: number;
    readonly settled: boolean;
  }): void {
    this.#handlers?.message({
      payload,
      format,
      settle: (failure) => {
        if (!settled) this.#session.settleReceived(id, failure);
        this.#replenish();
      },
    });
  }

  refuse(error: BrokerError): void {
    refuse(this.#link, error);
  }

  detach(error: BrokerError): void {
    if (this.#link.is_open()) this.#link.close({ condition: error.condition, description: error.message });
  }

  closed(): void {
    this.#session.forget(this, this.#link);
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
  readonly timeoutMs: number | undefined;
  readonly #link: RheaSender;
  readonly #session: SessionDeliveries;
  readonly #outflow: Outflow;
  #handlers: OutgoingHandlers<unknown> | undefined;
  /** The attach is not answered yet; this is whom to tell when the peer gives up. */
  #withheld: (() => void) | undefined;

  constructor(peer: Peer, link: RheaSender, session: SessionDeliveries, outflow: Outflow) {
    this.#outflow = outflow;
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
    const timeout = attach.properties?.[TIMEOUT];
    this.timeoutMs = typeof timeout === "number" ? timeout : undefined;
  }

  accept(handlers: OutgoingHandlers<unknown>, session?: GrantedSession): void {
    this.#handlers = handlers;
    mirror(this.#link);
    if (session !== undefined) grant(this.#link, session);
    this.#answer();
  }

  withhold(closed: () => void): void {
    this.#withheld = closed;
    // rhea has already decided to answer the attach in this turn.
    this.#link.state.open_requests--;
    this.#link.state.local_open = false;
  }

  refuse(error: BrokerError): void {
    this.#answer();
    refuse(this.#link, error);
  }

  detach(error: BrokerError): void {
    const withheld = this.#withheld;
    if (withheld !== undefined) {
      this.refuse(error);
      withheld();
    } else if (this.#link.is_open()) {
      this.#link.close({ condition: error.condition, description: error.message });
    }
  }

  room(): number {
    if (this.#handlers === undefined || !this.#link.is_open() || this.#outflow.isFull()) return 0;
    return Math.min(this.#link.credit, this.#session.room());
  }

  send(payload: Buffer, tag: Buffer, subject: unknown): void {
    this.#session.send(this.#link, { payload, tag, settled: this.presettled }, this, subject);
    this.#outflow.add(payload.length);
  }

  drained(): void {
    if (this.#link.is_open()) this.#session.writeDrained(this.#link);
  }

  credited(drain: boolean): void {
    this.#handlers?.credit(drain);
  }

  /** The peer has decided what is to happen to a delivery. */
  decided(delivery: SentOnLink, outcome: Outcome): void {
    const settle = (failure?: BrokerError): void => this.#session.settleSent(delivery, failure);
    this.#handlers?.outcome({ subject: delivery.subject, settle }, outcome);
  }

  closed(): void {
    this.#session.forget(this, this.#link);
    const [handlers, withheld] = [this.#handlers, this.#withheld];
    this.#handlers = undefined;
    this.#withheld = undefined;
    handlers?.closed();
    withheld?.();
  }

  /** The peer detached before its attach was answered: both are answered now. */
  answerDetach(): void {
    if (this.#withheld === undefined) return;
    this.#link.open();
    this.#link.close();
  }

  #answer(): void {
    if (this.#withheld === undefined) return;
    this.#withheld = undefined;
    this.#link.open();
  }
}

/** .NET counts time in 100 ns from the year 1; such a number needs all eight bytes of a long. */
const TICKS_PER_MS = 10_000n;
const TICKS_BEFORE_EPOCH = 621_355_968_000_000_000n;

function grant({ local, remote }: RheaSender, { id, lockedUntil }: GrantedSession): void {
  const { source } = remote.attach;
  if (source !== null) {
    source.filter = { ...source.filter, [SESSION_FILTER]: id };
    local.attach.source = source.described();
  }
  const ticks = Buffer.alloc(8);
  ticks.writeBigInt64BE(BigInt(Math.round(lockedUntil)) * TICKS_PER_MS + TICKS_BEFORE_EPOCH);
  local.attach.properties = { [LOCKED_UNTIL]: types.wrap_long(ticks) };
}
