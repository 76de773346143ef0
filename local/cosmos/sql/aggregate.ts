import type { Json, Value } from "../json.ts";
import type { AggregateName, Expression } from "./ast.ts";
import { compareValues } from "./compare.ts";
import { compile, type Evaluate, type Scope } from "./evaluate.ts";

/** Adds up one aggregate over the matching documents. */
interface Accumulator {
  add(value: Value): void;
  result(): Value;
}

/**
 * SUM and AVG are undefined as soon as one value is no number; missing values do not count. MIN and MAX take
 * scalars only. COUNT counts whatever is defined.
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
};

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

/** A selection with aggregates: feed every matching document, then read the one result. */
export interface Aggregation {
  add(document: Json): void;
  /** The scope in which the selection is compiled: aggregates answer with their results. */
  readonly scope: Scope;
}

export function makeAggregation(scope: Scope): Aggregation {
  const fed: { readonly operand: Evaluate; readonly accumulator: Accumulator }[] = [];
  const aggregate = (node: Expression & { readonly kind: "aggregate" }): Evaluate => {
    const accumulator = accumulators[node.name]();
    fed.push({ operand: compile(node.operand, scope), accumulator });
    return () => accumulator.result();
  };
  return {
    scope: { ...scope, aggregate },
    add(document) {
      for (const { operand, accumulator } of fed) accumulator.add(operand(document));
    },
  };
}
