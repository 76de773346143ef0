import type { Json, Value } from "../json.ts";
import { badRequest } from "../refusal.ts";
import type { AggregateName } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { compareValues } from "./compare.ts";

/** More elements in one list are refused. */
const MAX_LIST = 100_000;

/** Adds up one aggregate over the matching documents. */
export interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

/**
 * SUM and AVG are undefined as soon as one value is no number; missing values do not count. MIN and MAX take
 * scalars only. COUNT counts whatever is defined, COUNTIF what is true.
 */
const accumulators: Readonly<Record<AggregateName, () => Accumulator>> = {
  COUNT: () => {
    let count = 0;
    return { add: (value) => void (count += value === undefined ? 0 : 1), result: () => count };
  },
  SUM: () => {
    const total = addNumbers();
    return { add: total.add, result: () => (total.valid ? total.sum : undefined) };
  },
  AVG: () => {
    const total = addNumbers();
    const result = (): Value => (total.valid && total.count > 0 ? total.sum / total.count : undefined);
    return { add: total.add, result };
  },
  MIN: () => extreme(-1),
  MAX: () => extreme(1),
  COUNTIF: () => {
    let count = 0;
    return { add: (value) => void (count += value === true ? 1 : 0), result: () => count };
  },
  MAKELIST: () => {
    const list: Json[] = [];
    return { add: (value) => addTo(list, value), result: () => list };
  },
  MAKESET: () => {
    const set = new Map<string, Json>();
    const add = (value: Value): void => {
      if (value === undefined) return;
      set.set(canonicalText(value), value);
      checkLength(set.size);
    };
    return { add, result: () => [...set.values()] };
  },
};

export const makeAccumulator = (name: AggregateName): Accumulator => accumulators[name]();

function addTo(list: Json[], value: Value): void {
  if (value === undefined) return;
  list.push(value);
  checkLength(list.length);
}

function checkLength(length: number): void {
  if (length > MAX_LIST) throw badRequest(`A list made by an aggregate has at most ${MAX_LIST} elements.`);
}

interface Total {
  sum: number;
  count: number;
  valid: boolean;
  readonly add: (value: Value) => void;
}

function addNumbers(): Total {
  const total: Total = {
    sum: 0,
    count: 0,
    valid: true,
    add(value) {
      if (value === undefined) return;
      if (typeof value !== "number") {
        total.valid = false;
        return;
      }
      total.sum += value;
      total.count++;
    },
  };
  return total;
}

function extreme(sign: 1 | -1): Accumulator {
  let best: Value;
  let valid = true;
  return {
    add(value) {
      if (value === undefined) return;
      if (typeof value === "object" && value !== null) valid = false;
      else if (best === undefined || compareValues(value, best) * sign > 0) best = value;
    },
    result: () => (valid ? best : undefined),
  };
}
