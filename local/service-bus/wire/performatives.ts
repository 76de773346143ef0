import { compoundAt, MalformedAmqp, skipValue } from "./decode.ts";

/**
 * The performatives that messages are made of, as bytes (AMQP 1.0 part 2, §2.7.4 to §2.7.6). The others, which
 * begin and end things, are few and left to the library.
 */
export const Performative = { flow: 0x13, transfer: 0x14, disposition: 0x15 } as const;

const symbolic: Readonly<Record<string, number>> = {
  "amqp:flow:list": Performative.flow,
  "amqp:transfer:list": Performative.transfer,
  "amqp:disposition:list": Performative.disposition,
};

const AMQP_FRAME = 0;
const HEADER_BYTES = 8;

export interface Flow {
  readonly nextIncomingId: number | undefined;
  readonly incomingWindow: number;
  readonly nextOutgoingId: number;
  readonly outgoingWindow: number;
  /** Undefined = the flow is about the session alone. */
  readonly handle: number | undefined;
  readonly deliveryCount: number | undefined;
  readonly linkCredit: number | undefined;
  readonly drain: boolean;
  /** The peer asks for our own flow. */
  readonly echo: boolean;
}

export interface Transfer {
  readonly handle: number;
  /** Absent in all but the first frame of a delivery. */
  readonly deliveryId: number | undefined;
  readonly format: number | undefined;
  readonly settled: boolean;
  readonly more: boolean;
  readonly aborted: boolean;
  readonly payload: Buffer;
}

export interface Disposition {
  /** True when the peer speaks as receiver, about what we sent. */
  readonly role: boolean;
  readonly first: number;
  readonly last: number;
  readonly settled: boolean;
  /** The encoded delivery state; undefined when there is none. */
  readonly state: Buffer | undefined;
}

/** Where the fields of a frame's performative start, when it is one of the three. @throws MalformedAmqp */
export function performativeOf(frame: Buffer): { readonly code: number; readonly at: number } | undefined {
  const start = (frame[4] ?? 0) * 4;
  if (frame[5] !== AMQP_FRAME || start < HEADER_BYTES || frame[start] !== 0x00) return undefined;
  const code = descriptorAt(frame, start + 1);
  if (code !== Performative.flow && code !== Performative.transfer && code !== Performative.disposition)
    return undefined;
  return { code, at: skipValue(frame, start + 1) };
}

function descriptorAt(frame: Buffer, at: number): number | undefined {
  if (frame[at] === 0x53) return frame[at + 1];
  if (frame[at] === 0x80) return Number(frame.readBigUInt64BE(at + 1));
  if (frame[at] === 0xa3) return symbolic[frame.toString("latin1", at + 2, skipValue(frame, at))];
  return undefined;
}

/** @throws MalformedAmqp */
export function readFlow(frame: Buffer, at: number): Flow {
  const fields = new Fields(frame, at);
  const flow = {
    nextIncomingId: fields.uint(),
    incomingWindow: fields.required("incoming-window"),
    nextOutgoingId: fields.required("next-outgoing-id"),
    outgoingWindow: fields.required("outgoing-window"),
    handle: fields.uint(),
    deliveryCount: fields.uint(),
    linkCredit: fields.uint(),
  };
  fields.skip();
  return { ...flow, drain: fields.boolean(), echo: fields.boolean() };
}

/** @throws MalformedAmqp */
export function readTransferFrame(frame: Buffer, at: number): Transfer {
  const fields = new Fields(frame, at);
  const handle = fields.required("handle");
  const deliveryId = fields.uint();
  fields.skip();
  const format = fields.uint();
  const [settled, more] = [fields.boolean(), fields.boolean()];
  fields.skip(3);
  const aborted = fields.boolean();
  return { handle, deliveryId, format, settled, more, aborted, payload: frame.subarray(fields.end) };
}

/** @throws MalformedAmqp */
export function readDisposition(frame: Buffer, at: number): Disposition {
  const fields = new Fields(frame, at);
  const role = fields.boolean();
  const first = fields.required("first");
  const last = fields.uint() ?? first;
  const settled = fields.boolean();
  return { role, first, last, settled, state: fields.encoded() };
}

/** The fields of a performative in their order; what is left out at the end counts as null. */
class Fields {
  /** Behind the list. */
  readonly end: number;
  readonly #bytes: Buffer;
  #at: number;
  #left: number;

  constructor(bytes: Buffer, at: number) {
    const { count, start, end } = compoundAt(bytes, at);
    this.#bytes = bytes;
    this.#at = start;
    this.#left = count;
    this.end = end;
  }

  uint(): number | undefined {
    const at = this.#next();
    const code = at === undefined ? NULL : this.#bytes[at];
    if (at === undefined || code === NULL) return undefined;
    if (code === 0x43) return 0;
    if (code === 0x52) return this.#bytes.readUInt8(at + 1);
    if (code === 0x70) return this.#bytes.readUInt32BE(at + 1);
    throw new MalformedAmqp("a field of a performative is no uint");
  }

  required(name: string): number {
    const value = this.uint();
    if (value === undefined) throw new MalformedAmqp(`a performative lacks its ${name}`);
    return value;
  }

  boolean(): boolean {
    const at = this.#next();
    const code = at === undefined ? NULL : this.#bytes[at];
    if (at === undefined || code === NULL || code === 0x42) return false;
    if (code === 0x41) return true;
    if (code === 0x56) return this.#bytes[at + 1] !== 0;
    throw new MalformedAmqp("a field of a performative is no boolean");
  }

  encoded(): Buffer | undefined {
    const at = this.#next();
    return at === undefined || this.#bytes[at] === NULL ? undefined : this.#bytes.subarray(at, this.#at);
  }

  skip(count = 1): void {
    for (let skipped = 0; skipped < count; skipped++) this.#next();
  }

  #next(): number | undefined {
    if (this.#left === 0) return undefined;
    this.#left--;
    const at = this.#at;
    this.#at = skipValue(this.#bytes, at);
    if (this.#at > this.end) throw new MalformedAmqp("a field reaches beyond its performative");
    return at;
  }
}

const NULL = 0x40;
