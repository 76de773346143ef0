import { encodeValue } from "../wire/encode.ts";
import { rawItems } from "../wire/raw.ts";
import { Section, splitSections } from "../wire/sections.ts";
import { symbol } from "../wire/values.ts";

/** What the broker tells a receiver about a message, beside what its publisher wrote. */
export interface Stamp {
  /** Previous failed attempts: 0 on the first delivery. */
  readonly deliveryCount: number;
  readonly enqueuedAt: number;
  readonly sequence: number;
  /** The number given where the message first entered: a topic, or the source of a forward. */
  readonly enqueueSequence: number;
  readonly lockedUntil: number | undefined;
  /** 0 active, 1 deferred, 2 scheduled; a message that once was scheduled still shows 2. */
  readonly state: number;
  readonly deadLetterSource: string | null;
}

const TIMESTAMP = 0x83;
const LONG = 0x81;
const SMALL_INT = 0x54;

const key = (name: string): Buffer => encodeValue(symbol(name));
const keys = {
  enqueuedAt: key("x-opt-enqueued-time"),
  sequence: key("x-opt-sequence-number"),
  enqueueSequence: key("x-opt-enqueue-sequence-number"),
  lockedUntil: key("x-opt-locked-until"),
  state: key("x-opt-message-state"),
  source: key("x-opt-deadletter-source"),
};
const STAMP_SIZE = Object.values(keys).reduce((sum, name) => sum + name.length, 0) + 4 * 9 + 2;
const HEADER_START = Buffer.from([0x00, 0x53, Section.header, 0xd0]);
const ANNOTATIONS_START = Buffer.from([0x00, 0x53, Section.messageAnnotations, 0xd1]);
const FIELDS_BEFORE_COUNT = 4;

/**
 * The message as it goes out: a new header (the publisher's fields and our delivery count), annotations
 * (the publisher's and ours), then the bare message byte for byte.
 */
export function compose(payload: Buffer, stamp: Stamp, omitBody = false): Buffer {
  const sections = splitSections(payload);
  const header: Buffer[] = [];
  const annotations: Buffer[] = [];
  let annotationItems = 0;
  let bare = payload.length;
  let end = payload.length;
  for (const section of sections) {
    if (section.descriptor === Section.header) {
      for (const item of rawItems(payload, section.value))
        header.push(payload.subarray(item.start, item.end));
    } else if (section.descriptor === Section.messageAnnotations) {
      const items = rawItems(payload, section.value);
      annotationItems = items.length;
      const first = items[0];
      if (first !== undefined) annotations.push(payload.subarray(first.start, section.end));
    } else {
      bare = Math.min(bare, section.start);
      if (omitBody && section.descriptor >= Section.data) end = Math.min(end, section.start);
    }
  }
  return assemble(header, annotations, annotationItems, payload.subarray(bare, end), stamp);
}

function assemble(
  header: readonly Buffer[],
  annotations: readonly Buffer[],
  annotationItems: number,
  bare: Buffer,
  stamp: Stamp,
): Buffer {
  const source = stamp.deadLetterSource === null ? undefined : Buffer.from(stamp.deadLetterSource, "utf8");
  const room = 64 + STAMP_SIZE + (source?.length ?? 0) + sizeOf(header) + sizeOf(annotations) + bare.length;
  const out = Buffer.allocUnsafe(room);
  let at = writeHeader(out, header, stamp.deliveryCount);
  const start = at;
  at += ANNOTATIONS_START.copy(out, at) + 8;
  for (const part of annotations) at += part.copy(out, at);
  at = writeStamp(out, at, stamp);
  let items = annotationItems + (stamp.lockedUntil === undefined ? 8 : 10);
  if (source !== undefined) {
    at += keys.source.copy(out, at);
    out[at] = 0xb1;
    at = out.writeUInt32BE(source.length, at + 1);
    at += source.copy(out, at);
    items += 2;
  }
  writeSizes(out, start + ANNOTATIONS_START.length, at, items);
  at += bare.copy(out, at);
  return out.subarray(0, at);
}

function writeHeader(out: Buffer, fields: readonly Buffer[], deliveryCount: number): number {
  let at = HEADER_START.copy(out, 0) + 8;
  for (let index = 0; index < FIELDS_BEFORE_COUNT; index++) {
    const field = fields[index];
    if (field === undefined) out[at++] = 0x40;
    else at += field.copy(out, at);
  }
  out[at] = 0x70;
  at = out.writeUInt32BE(deliveryCount, at + 1);
  writeSizes(out, HEADER_START.length, at, FIELDS_BEFORE_COUNT + 1);
  return at;
}

/** Fills in the four-byte size and count fields of the list or map whose content ends at `end`. */
function writeSizes(out: Buffer, at: number, end: number, count: number): void {
  out.writeUInt32BE(end - at - 4, at);
  out.writeUInt32BE(count, at + 4);
}

function writeStamp(out: Buffer, start: number, stamp: Stamp): number {
  let at = writeEight(out, start, keys.enqueuedAt, TIMESTAMP, stamp.enqueuedAt);
  at = writeEight(out, at, keys.sequence, LONG, stamp.sequence);
  at = writeEight(out, at, keys.enqueueSequence, LONG, stamp.enqueueSequence);
  if (stamp.lockedUntil !== undefined)
    at = writeEight(out, at, keys.lockedUntil, TIMESTAMP, stamp.lockedUntil);
  at += keys.state.copy(out, at);
  out[at] = SMALL_INT;
  out[at + 1] = stamp.state;
  return at + 2;
}

/** A key and its eight-byte value; 2^53 milliseconds or messages are enough, so no BigInt is needed. */
function writeEight(out: Buffer, start: number, name: Buffer, code: number, value: number): number {
  let at = start + name.copy(out, start);
  out[at] = code;
  at = out.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at + 1);
  return out.writeUInt32BE(value % 0x1_0000_0000, at);
}

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((sum, part) => sum + part.length, 0);
