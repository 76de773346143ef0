import type { Json, Value } from "../../json.ts";
import { canonicalText } from "../canonical.ts";
import { spend } from "../work.ts";
import { fixed, type FunctionTable, type SqlFunction } from "./function.ts";

/** The distinct elements, by what makes them equal, in the order of their first appearance. */
function distinct(array: readonly Json[]): Map<string, Json> {
  spend(array.length);
  const found = new Map<string, Json>();
  for (const item of array) {
    const text = canonicalText(item);
    if (!found.has(text)) found.set(text, item);
  }
  return found;
}

type Items = Map<string, Json>;

const ofSets = (apply: (a: Items, b: Items) => Value): SqlFunction =>
  fixed(2, (a, b) => (Array.isArray(a) && Array.isArray(b) ? apply(distinct(a), distinct(b)) : undefined));

const keep = (items: Items, wanted: (text: string) => boolean): Json[] =>
  [...items].filter(([text]) => wanted(text)).map(([, item]) => item);

/** ARRAY_CONTAINS_ALL(array, a, b, …) and ARRAY_CONTAINS_ANY(array, a, b, …). */
const containsMany = (all: boolean): SqlFunction => ({
  min: 2,
  max: 200,
  apply: (array, ...wanted) => {
    if (!Array.isArray(array)) return undefined;
    const items = distinct(array);
    const has = (value: Value): boolean => value !== undefined && items.has(canonicalText(value));
    return all ? wanted.every(has) : wanted.some(has);
  },
});

export const setFunctions: FunctionTable = {
  SETINTERSECT: ofSets((a, b) => keep(a, (text) => b.has(text))),
  SETUNION: ofSets((a, b) => [...a.values(), ...keep(b, (text) => !a.has(text))]),
  SETDIFFERENCE: ofSets((a, b) => keep(a, (text) => !b.has(text))),
  SETEQUAL: ofSets((a, b) => a.size === b.size && [...a.keys()].every((text) => b.has(text))),
  ARRAY_CONTAINS_ALL: containsMany(true),
  ARRAY_CONTAINS_ANY: containsMany(false),
};
