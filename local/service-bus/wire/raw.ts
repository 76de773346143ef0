import { compoundAt, MalformedAmqp, skipValue } from "./decode.ts";

/** Where an encoded value lies. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The elements of an encoded list (or the keys and values of a map, alternating), still encoded.
 * @throws MalformedAmqp
 */
export function rawItems(bytes: Buffer, at: number): Span[] {
  const { count, start, end } = compoundAt(bytes, at);
  const items: Span[] = [];
  let position = start;
  for (let index = 0; index < count; index++) {
    const next = skipValue(bytes, position);
    if (next > end) throw new MalformedAmqp("an element reaches beyond its list or map");
    items.push({ start: position, end: next });
    position = next;
  }
  return items;
}

const NULL = 0x40;

/** Whether an element is there and not null. */
export const isPresent = (bytes: Buffer, item: Span | undefined): item is Span =>
  item !== undefined && bytes[item.start] !== NULL;

/** A list or map (`code` 0xd0 or 0xd1) made of `count` already encoded elements. */
export function rawCompound(code: 0xd0 | 0xd1, count: number, content: readonly Buffer[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.allocUnsafe(9);
  head[0] = code;
  head.writeUInt32BE(size + 4, 1);
  head.writeUInt32BE(count, 5);
  return Buffer.concat([head, ...content], size + 9);
}
