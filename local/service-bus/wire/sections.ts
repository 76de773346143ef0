import { MalformedAmqp, skipValue } from "./decode.ts";

/** The descriptors of the sections of a message (AMQP 1.0 part 3, §2). */
export const Section = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

const symbolic: Readonly<Record<string, number>> = {
  "amqp:header:list": Section.header,
  "amqp:delivery-annotations:map": Section.deliveryAnnotations,
  "amqp:message-annotations:map": Section.messageAnnotations,
  "amqp:properties:list": Section.properties,
  "amqp:application-properties:map": Section.applicationProperties,
  "amqp:data:binary": Section.data,
  "amqp:amqp-sequence:list": Section.sequence,
  "amqp:amqp-value:*": Section.value,
  "amqp:value:*": Section.value,
  "amqp:footer:map": Section.footer,
};

/** One section of an encoded message: `start` is its descriptor's first byte, `value` that of its value. */
export interface SectionSpan {
  readonly descriptor: number;
  readonly start: number;
  readonly value: number;
  readonly end: number;
}

/**
 * Finds the sections of an encoded message without decoding any of them. Header and annotations come first,
 * as prescribed; behind them any order is taken, because the client's encoder writes the footer before the
 * body.
 * @throws MalformedAmqp when the bytes are no such sequence of message sections
 */
export function splitSections(bytes: Buffer): SectionSpan[] {
  const sections: SectionSpan[] = [];
  let position = 0;
  let last = 0;
  let seen = 0;
  while (position < bytes.length) {
    const section = sectionAt(bytes, position);
    const { descriptor } = section;
    const mark = 1 << (descriptor - Section.header);
    if ((seen & mark) !== 0 && descriptor !== Section.data && descriptor !== Section.sequence) {
      throw new MalformedAmqp("a message section is repeated");
    }
    if (descriptor < Section.properties && descriptor < last) {
      throw new MalformedAmqp("a message's header or annotations are out of order");
    }
    sections.push(section);
    seen |= mark;
    last = descriptor;
    position = section.end;
  }
  return sections;
}

export function findSection(sections: readonly SectionSpan[], descriptor: number): SectionSpan | undefined {
  for (const section of sections) if (section.descriptor === descriptor) return section;
  return undefined;
}

function sectionAt(bytes: Buffer, start: number): SectionSpan {
  if (bytes[start] !== 0x00) throw new MalformedAmqp("a message section lacks its descriptor");
  const value = skipValue(bytes, start + 1);
  const descriptor = descriptorAt(bytes, start + 1, value);
  return { descriptor, start, value, end: skipValue(bytes, value) };
}

function descriptorAt(bytes: Buffer, at: number, end: number): number {
  let descriptor: number | undefined;
  if (bytes[at] === 0x53) descriptor = bytes[at + 1];
  else if (bytes[at] === 0x80) descriptor = Number(bytes.readBigUInt64BE(at + 1));
  else if (bytes[at] === 0xa3) descriptor = symbolic[bytes.toString("latin1", at + 2, end)];
  if (descriptor === undefined || descriptor < Section.header || descriptor > Section.footer) {
    throw new MalformedAmqp("unknown message section");
  }
  return descriptor;
}
