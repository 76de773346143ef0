import { isObject, type Json, type Value } from "../../json.ts";
import { isEqual } from "../compare.ts";
import { fixed, type FunctionTable } from "./function.ts";

/** Does `item` have every member of `wanted`? */
const includesMembers = (item: Json, wanted: Json): boolean =>
  isObject(item) && isObject(wanted)
    ? Object.entries(wanted).every(
        ([name, value]) => Object.hasOwn(item, name) && isEqual(item[name]!, value),
      )
    : isEqual(item, wanted);

function arrayContains(array: Value, wanted: Value, partial: Value): Value {
  if (!Array.isArray(array) || wanted === undefined) return undefined;
  const same = partial === true ? includesMembers : isEqual;
  return array.some((item: Json) => same(item, wanted));
}

function arrayConcat(...arrays: readonly Value[]): Value {
  const all: Json[] = [];
  for (const array of arrays) {
    if (!Array.isArray(array)) return undefined;
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

export const arrayFunctions: FunctionTable = {
  ARRAY_CONTAINS: { min: 2, max: 3, apply: arrayContains },
  ARRAY_CONCAT: { min: 2, max: 200, apply: arrayConcat },
  ARRAY_LENGTH: fixed(1, (array) => (Array.isArray(array) ? array.length : undefined)),
  ARRAY_SLICE: { min: 2, max: 3, apply: arraySlice },
};
