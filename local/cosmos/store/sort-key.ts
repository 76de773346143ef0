import type { Value } from "../json.ts";

/**
 * Any JSON value as text whose byte order is the order of the query language: nothing (null) < null < false <
 * true < numbers < strings < arrays < objects. Indexed paths are stored in this form, one column each, so that
 * SQLite compares and sorts them without knowing JSON.
 */

const bits = new DataView(new ArrayBuffer(8));

export function sortKey(value: Value): string | null {
  if (typeof value === "string") return `5${value}`;
  if (typeof value === "number") return `4${sortableNumber(value)}`;
  if (value === undefined) return null;
  if (value === null) return "1";
  if (typeof value === "boolean") return value ? "3" : "2";
  return (Array.isArray(value) ? "6" : "7") + JSON.stringify(value);
}

/** Sixteen hexadecimal digits: the IEEE bits, with the sign flipped, or all bits if negative. */
function sortableNumber(value: number): string {
  bits.setFloat64(0, value === 0 ? 0 : value);
  let high = bits.getUint32(0);
  let low = bits.getUint32(4);
  if (high >= 0x80000000) {
    high = ~high >>> 0;
    low = ~low >>> 0;
  } else {
    high = (high | 0x80000000) >>> 0;
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
