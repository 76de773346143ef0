import { isObject, type Json, type Value } from "../json.ts";
import type { ComparisonOperator } from "./ast.ts";
import { spend } from "./work.ts";

/** Equality of JSON values: deep, type sensitive, members in any order. */
export function isEqual(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    spend(a.length);
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const names = Object.keys(a);
  spend(names.length);
  if (names.length !== Object.keys(b).length) return false;
  return names.every((name) => Object.hasOwn(b, name) && isEqual(a[name]!, b[name]!));
}

/** Text by code points, as SQLite compares UTF-8; JavaScript's own order differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others of their unit range. */
const codePointRank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

/** Same rank = comparable; the order of ranks is the order of types in ORDER BY. */
function rank(value: Value): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (typeof value === "boolean") return 2;
  if (typeof value === "number") return 3;
  if (typeof value === "string") return 4;
  return Array.isArray(value) ? 5 : 6;
}

/** The total order of ORDER BY; must agree with the order of `sortKey`. */
export function compareValues(a: Value, b: Value): number {
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" || typeof a === "boolean") return Number(a) - Number(b);
  if (a === undefined || a === null) return 0;
  return compareText(JSON.stringify(a), JSON.stringify(b));
}

/** For < <= > >=: undefined unless both are scalars of one type. */
export function compareScalars(a: Value, b: Value): number | undefined {
  if (a === undefined || rank(a) !== rank(b) || rank(a) > 4) return undefined;
  return compareValues(a, b);
}

/** For `=`: undefined if one side is. */
export const equalValues = (a: Value, b: Value): boolean | undefined =>
  a === undefined || b === undefined ? undefined : isEqual(a, b);

/** What `compareScalars` must say for the operator to hold. */
export const orderTests: Readonly<
  Record<Exclude<ComparisonOperator, "=" | "!=">, (order: number) => boolean>
> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};
