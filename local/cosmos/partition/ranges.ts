import { boundaryV1, effectiveKey, type KeyKind, type KeyPart } from "./effective-key.ts";

/** A partition key range: `[min, max)` of the effective key space. */
export interface KeyRange {
  readonly id: string;
  readonly min: string;
  readonly max: string;
}

const SPACE_MIN = "";
const SPACE_MAX = "FF";
const RU_IN_ONE_RANGE = 10_000;
const RU_PER_RANGE = 6000;

/** One range up to 10,000 RU/s, then one per 6,000. The service's own rule is not published. */
export const rangeCount = (throughput: number): number =>
  throughput <= RU_IN_ONE_RANGE ? 1 : Math.ceil(throughput / RU_PER_RANGE);

export function makeRanges(kind: KeyKind, count: number): readonly KeyRange[] {
  const borders = [SPACE_MIN];
  for (let index = 1; index < count; index++) borders.push(border(kind, index / count));
  borders.push(SPACE_MAX);
  return borders.slice(0, -1).map((min, index) => ({ id: String(index), min, max: borders[index + 1]! }));
}

function border(kind: KeyKind, fraction: number): string {
  if (kind === "v1") return boundaryV1(Math.floor(fraction * 2 ** 32));
  // Version 2 clears the two highest bits, so the space ends at 3FFF….
  const top = Math.floor(fraction * 0x40000000);
  return top.toString(16).padStart(8, "0").toUpperCase().padEnd(32, "0");
}

/** The index of the range that holds a key. With a single range nothing is hashed. */
export function rangeIndexOf(ranges: readonly KeyRange[], kind: KeyKind, key: readonly KeyPart[]): number {
  if (ranges.length === 1) return 0;
  const place = effectiveKey(kind, key);
  let index = ranges.length - 1;
  while (index > 0 && place < ranges[index]!.min) index--;
  return index;
}
