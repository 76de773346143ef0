import { randomUUID } from "node:crypto";
import { checkValue, decodeValue, MalformedAmqp } from "../wire/decode.ts";
import { encodeValue } from "../wire/encode.ts";
import { isPresent, rawCompound, rawItems } from "../wire/raw.ts";
import { findSection, Section, type SectionSpan, splitSections } from "../wire/sections.ts";
import { type AmqpValue, integerOf, text, textOf } from "../wire/values.ts";

/** A message as a publisher handed it in, with the few facts the broker acts on. */
export interface Incoming {
  /** The encoded message: header, message annotations (without the broker's own) and the bare message. */
  readonly payload: Buffer;
  /** What duplicate detection compares; never empty. */
  readonly messageId: string;
  readonly sessionId: string | undefined;
  /** From the annotation `x-opt-partition-key`. */
  readonly partitionKey: string | undefined;
  /** Of annotations, properties and application properties together, encoded. */
  readonly propertyBytes: number;
  /** From the header; undefined = as long as the entity says. */
  readonly timeToLiveMs: number | undefined;
  /** Milliseconds since the epoch; undefined = now. */
  readonly scheduledAt: number | undefined;
}

/** The message format of a batch: an envelope whose data sections each hold one encoded message. */
export const BATCH_FORMAT = 0x80013700;

/** Reads a transfer's payload: one message, or the messages of a batch. @throws MalformedAmqp */
export function readTransfer(bytes: Buffer, format: number): Incoming[] {
  if (format === 0) return [readMessage(bytes)];
  if (format !== BATCH_FORMAT) throw new MalformedAmqp(`unknown message format 0x${format.toString(16)}`);
  const messages: Incoming[] = [];
  for (const section of splitSections(bytes)) {
    if (section.descriptor !== Section.data) continue;
    const [body] = decodeValue(bytes, section.value);
    if (body.type !== "binary") throw new MalformedAmqp("a batch entry is not binary");
    messages.push(readMessage(body.value));
  }
  return messages;
}

/** @throws MalformedAmqp */
export function readMessage(bytes: Buffer): Incoming {
  const sections = splitSections(bytes);
  const header = findSection(sections, Section.header);
  let propertyBytes = 0;
  for (const section of sections) {
    if (section.descriptor >= Section.data) continue;
    checkSection(bytes, section);
    if (section.descriptor >= Section.messageAnnotations) propertyBytes += section.end - section.start;
  }
  const annotations = readAnnotations(bytes, findSection(sections, Section.messageAnnotations));
  const propertiesSection = findSection(sections, Section.properties);
  const properties = readProperties(bytes, propertiesSection);
  const parts = sections.map((section) => {
    if (section.descriptor === Section.deliveryAnnotations) return NO_BYTES;
    if (section.descriptor === Section.messageAnnotations) return annotations.bytes;
    if (section.descriptor === Section.properties) return properties.bytes;
    return bytes.subarray(section.start, section.end);
  });
  if (!sections.some((section) => section.descriptor === Section.properties)) {
    parts.splice(beforeProperties(sections), 0, properties.bytes);
  }
  return {
    payload:
      annotations.asSent && properties.asSent && parts.indexOf(NO_BYTES) < 0 ? bytes : Buffer.concat(parts),
    messageId: properties.messageId,
    sessionId: properties.sessionId,
    timeToLiveMs: header === undefined ? undefined : readTimeToLive(bytes, header, propertiesSection),
    scheduledAt: annotations.scheduledAt,
    partitionKey: annotations.partitionKey,
    propertyBytes,
  };
}

const NO_BYTES = Buffer.alloc(0);
const LISTS: ReadonlySet<number> = new Set([0x45, 0xc0, 0xd0]);
const MAPS: ReadonlySet<number> = new Set([0xc1, 0xd1]);

/**
 * Rules, dead letters and receivers read these sections later, when nobody is left to be told that they cannot be
 * read. So what is accepted can be read.
 */
function checkSection(bytes: Buffer, { descriptor, value }: SectionSpan): void {
  const isList = descriptor === Section.header || descriptor === Section.properties;
  if (!(isList ? LISTS : MAPS).has(bytes[value] ?? -1)) {
    throw new MalformedAmqp(`message section 0x${descriptor.toString(16)} is no ${isList ? "list" : "map"}`);
  }
  checkValue(bytes, value);
}

function beforeProperties(sections: readonly SectionSpan[]): number {
  return sections.filter((section) => section.descriptor < Section.properties).length;
}

/** The most that the header can say, 49 days. Who wants more says so by the times of creation and expiry. */
const LONGEST_TIME_TO_LIVE = 0xffff_ffff;

function readTimeToLive(
  bytes: Buffer,
  header: SectionSpan,
  properties: SectionSpan | undefined,
): number | undefined {
  const ms = integerAt(bytes, rawItems(bytes, header.value)[2]);
  if (ms !== LONGEST_TIME_TO_LIVE || properties === undefined) return ms;
  const items = rawItems(bytes, properties.value);
  const [expiry, creation] = [items[ABSOLUTE_EXPIRY_TIME], items[CREATION_TIME]].map((item) =>
    integerAt(bytes, item),
  );
  return expiry === undefined || creation === undefined ? ms : Math.max(ms, expiry - creation);
}

const integerAt = (bytes: Buffer, item: Parameters<typeof isPresent>[1]): number | undefined =>
  isPresent(bytes, item) ? integerOf(decodeValue(bytes, item.start)[0]) : undefined;

/** Set by the broker on delivery; what a publisher says about them (a forwarded copy, say) is dropped. */
const brokerAnnotations: ReadonlySet<string> = new Set([
  "x-opt-enqueued-time",
  "x-opt-sequence-number",
  "x-opt-enqueue-sequence-number",
  "x-opt-locked-until",
  "x-opt-message-state",
  "x-opt-deadletter-source",
  "x-opt-lock-token",
]);

function readAnnotations(bytes: Buffer, section: SectionSpan | undefined) {
  if (section === undefined)
    return { bytes: NO_BYTES, asSent: true, scheduledAt: undefined, partitionKey: undefined };
  const items = rawItems(bytes, section.value);
  if (items.length % 2 !== 0) throw new MalformedAmqp("message annotations have a key without a value");
  const kept: Buffer[] = [];
  let scheduledAt: number | undefined;
  let partitionKey: string | undefined;
  for (let index = 0; index < items.length; index += 2) {
    const [key, value] = [items[index], items[index + 1]];
    if (key === undefined || value === undefined) break;
    const name = textOf(decodeValue(bytes, key.start)[0]) ?? "";
    if (brokerAnnotations.has(name)) continue;
    if (name === "x-opt-scheduled-enqueue-time") {
      scheduledAt = integerOf(decodeValue(bytes, value.start)[0]);
    }
    if (name === "x-opt-partition-key") partitionKey = textOf(decodeValue(bytes, value.start)[0]);
    kept.push(bytes.subarray(key.start, value.end));
  }
  if (kept.length * 2 === items.length) {
    return { bytes: bytes.subarray(section.start, section.end), asSent: true, scheduledAt, partitionKey };
  }
  const content = rawCompound(0xd1, kept.length * 2, kept);
  return {
    bytes: Buffer.concat([bytes.subarray(section.start, section.value), content]),
    asSent: false,
    scheduledAt,
    partitionKey,
  };
}

/** Positions in the properties list (AMQP 1.0 part 3, §2.4). */
const MESSAGE_ID = 0;
const ABSOLUTE_EXPIRY_TIME = 8;
const CREATION_TIME = 9;
const GROUP_ID = 10;

/**
 * A message without an id gets one, as the service does: the client's lock renewer cannot do without.
 */
function readProperties(bytes: Buffer, section: SectionSpan | undefined) {
  const items = section === undefined ? [] : rawItems(bytes, section.value);
  const group = items[GROUP_ID];
  const sessionId = isPresent(bytes, group) ? textOf(decodeValue(bytes, group.start)[0]) : undefined;
  const id = items[MESSAGE_ID];
  if (section !== undefined && isPresent(bytes, id)) {
    const messageId = messageIdKey(decodeValue(bytes, id.start)[0]);
    return {
      bytes: bytes.subarray(section.start, section.end),
      asSent: true,
      messageId,
      sessionId,
    };
  }
  const messageId = randomUUID().replaceAll("-", "");
  const rest = items.slice(1).map((item) => bytes.subarray(item.start, item.end));
  const content = [encodeValue(text(messageId)), ...rest];
  const list = rawCompound(0xd0, content.length, content);
  return {
    bytes: Buffer.concat([Buffer.from([0x00, 0x53, Section.properties]), list]),
    asSent: false,
    messageId,
    sessionId,
  };
}

/** A text for every legal id type, so that the string "1" and the number 1 stay two ids. */
function messageIdKey(id: AmqpValue): string {
  if (id.type === "string") return id.value;
  if (id.type === "ulong") return `\u0000ulong:${id.value}`;
  if (id.type === "uuid" || id.type === "binary") return `\u0000${id.type}:${id.value.toString("hex")}`;
  throw new MalformedAmqp(`a message id cannot be a ${id.type}`);
}
