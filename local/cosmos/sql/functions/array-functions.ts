import { isObject, type Json, type Value } from "../../json.ts";
import { compareValues, isEqual } from "../compare.ts";
import { spend } from "../work.ts";
import { finite, fixed, ofArray, type FunctionTable, type SqlFunction } from "./function.ts";

/** Does `item` have every member of `wanted`? */
const includesMembers = (item: Json, wanted: Json): boolean =>
  isObject(item) && isObject(wanted)
    ? Object.entries(wanted).every(
        ([name, value]) => Object.hasOwn(item, name) && isEqual(item[name]!, value),
      )
    : isEqual(item, wanted);

function arrayContains(array: Value, wanted: Value, partial: Value): Value {
  if (!Array.isArray(array) || wanted === undefined) return undefined;
  spend(array.length);
  const same = partial === true ? includesMembers : isEqual;
  return array.some((item: Json) => same(item, wanted));
}

function arrayConcat(...arrays: readonly Value[]): Value {
  const all: Json[] = [];
  for (const array of arrays) {
    if (!Array.isArray(array)) return undefined;
    spend(array.length);
    for (const item of array) all.push(item);
  }
  return all;
}

function arraySlice(array: Value, from: Value, length: Value): Value {
  if (!Array.isArray(array) || typeof from !== "number") return undefined;
  const start = from < 0 ? Math.max(0, array.length + from) : from;
  if (length === undefined) return array.slice(start);
  return typeof length === "number" ? array.slice(start, start + Math.max(0, length)) : undefined;
}

const isNumbers = (values: readonly Json[]): values is readonly number[] =>
  values.every((value) => typeof value === "number");

/** A function of an array of numbers; undefined for an array of anything else. */
const ofNumbers = (apply: (values: readonly number[]) => number | undefined): SqlFunction =>
  ofArray((values) => {
    if (!isNumbers(values)) return undefined;
    const result = apply(values);
    return result === undefined ? undefined : finite(result);
  });

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const extreme = (sign: 1 | -1): SqlFunction =>
  ofArray((values) => {
    let best: Value;
    for (const value of values) {
      if (typeof value === "object" && value !== null) return undefined;
      if (best === undefined || compareValues(value, best) * sign > 0) best = value;
    }
    return best;
  });

function objectToArray(value: Value, name: Value = "k", content: Value = "v"): Value {
  if (!isObject(value) || typeof name !== "string" || typeof content !== "string") return undefined;
  return Object.entries(value).map(([key, member]) => ({ [name]: key, [content]: member }));
}

const choose = (index: Value, ...values: readonly Value[]): Value =>
  typeof index === "number" ? values[index - 1] : undefined;

export const arrayFunctions: FunctionTable = {
  ARRAY_CONTAINS: { min: 2, max: 3, apply: arrayContains },
  ARRAY_CONCAT: { min: 2, max: 200, apply: arrayConcat },
  ARRAY_LENGTH: fixed(1, (array) => (Array.isArray(array) ? array.length : undefined)),
  ARRAY_SUM: ofNumbers(sum),
  ARRAY_AVG: ofNumbers((values) => (values.length === 0 ? undefined : sum(values) / values.length)),
  ARRAY_MEDIAN: ofNumbers((values) => (values.length === 0 ? undefined : median(values))),
  ARRAY_MIN: extreme(-1),
  ARRAY_MAX: extreme(1),
  CHOOSE: { min: 2, max: 200, apply: choose },
  OBJECTTOARRAY: { min: 1, max: 3, apply: objectToArray },
  ARRAY_SLICE: { min: 2, max: 3, apply: arraySlice },
};
