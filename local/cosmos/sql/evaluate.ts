import { property, type Json, type Value } from "../json.ts";
import { arithmetic } from "./arithmetic.ts";
import type { Expression, Query } from "./ast.ts";
import { compareScalars, equalValues, orderTests } from "./compare.ts";
import { clockFunctions, functions } from "./functions/index.ts";
import { compileLike } from "./like.ts";
import { invalidQuery, unresolved, unsupportedQuery } from "./query-error.ts";
import { checkValue, spend } from "./work.ts";

/** The values of the names of a query, each in its slot; slot 0 is the document. */
export type Row = Value[];

/** What an expression yields for one row. */
export type Evaluate = (row: Row) => Value;

export interface Scope {
  /** The slot of every name that is known here. */
  readonly names: ReadonlyMap<string, number>;
  readonly parameters: ReadonlyMap<string, Value>;
  /** How many slots are given out; shared by a query and all queries in it. */
  readonly frame: { slots: number };
  /** What the time functions call now, in milliseconds since the epoch: the same throughout a query. */
  readonly nowMs: number;
  /** Compiles a SELECT in brackets. Carried along, as its compiler needs this one. */
  readonly subquery: (query: Query, scope: Scope) => (row: Row) => Iterable<Json>;
  /** Where an aggregate's result comes from; without it aggregates are refused. */
  readonly aggregate?: (node: Expression & { readonly kind: "aggregate" }) => Evaluate;
}

/** Turns an expression into closures, once per query; running them allocates as little as possible. */
export function compile(expression: Expression, scope: Scope): Evaluate {
  switch (expression.kind) {
    case "literal":
      return constant(expression.value);
    case "parameter":
      return compileParameter(expression, scope);
    case "name":
      return compileName(expression, scope);
    case "member":
      return compileMember(expression, scope);
    case "aggregate":
      if (scope.aggregate === undefined) {
        throw invalidQuery("An aggregate is only allowed in the SELECT clause.", expression);
      }
      return scope.aggregate(expression);
    case "object":
      return compileObject(expression, scope);
    case "array":
      return compileArray(expression.items, scope);
    case "call":
      return compileCall(expression, scope);
    case "subquery":
      return compileSubquery(expression, scope);
    default:
      return compileOperator(expression, scope);
  }
}

type Of<Kind extends Expression["kind"]> = Expression & { readonly kind: Kind };
type Simple =
  | "literal"
  | "parameter"
  | "name"
  | "member"
  | "aggregate"
  | "object"
  | "array"
  | "call"
  | "subquery";

function compileOperator(expression: Exclude<Expression, Of<Simple>>, scope: Scope): Evaluate {
  switch (expression.kind) {
    case "unary":
      return compileUnary(expression, scope);
    case "logical":
      return compileLogical(expression, scope);
    case "comparison":
      return compileComparison(expression, scope);
    case "arithmetic": {
      const { left, right } = operands(expression, scope);
      const apply = arithmetic[expression.operator];
      return (row) => apply(left(row), right(row));
    }
    case "in":
      return compileIn(expression, scope);
    case "between":
      return compileBetween(expression, scope);
    case "like":
      return compileLikeTest(expression, scope);
    case "coalesce": {
      const { left, right } = operands(expression, scope);
      return (row) => {
        const value = left(row);
        return value === undefined ? right(row) : value;
      };
    }
    default: {
      const test = compile(expression.test, scope);
      const whenTrue = compile(expression.whenTrue, scope);
      const whenFalse = compile(expression.whenFalse, scope);
      return (row) => (test(row) === true ? whenTrue(row) : whenFalse(row));
    }
  }
}

const constant =
  (value: Value): Evaluate =>
  () =>
    value;

function operands(
  expression: { readonly left: Expression; readonly right: Expression },
  scope: Scope,
): { readonly left: Evaluate; readonly right: Evaluate } {
  return { left: compile(expression.left, scope), right: compile(expression.right, scope) };
}

function compileName(expression: Of<"name">, scope: Scope): Evaluate {
  const slot = scope.names.get(expression.name);
  if (slot === undefined) throw unresolved(expression.name, expression);
  return (row) => row[slot];
}

function compileSubquery(expression: Of<"subquery">, scope: Scope): Evaluate {
  const results = scope.subquery(expression.query, scope);
  switch (expression.yields) {
    case "exists":
      return (row) => results(row)[Symbol.iterator]().next().done !== true;
    case "array":
      return (row) => {
        const all = [...results(row)];
        checkValue(all);
        return all;
      };
    default:
      return (row) => {
        const [first, second] = results(row);
        if (second === undefined) return first;
        throw invalidQuery("A scalar subquery must not have more than one result.", expression);
      };
  }
}

function compileParameter(expression: Of<"parameter">, scope: Scope): Evaluate {
  // A parameter that was sent without a value is undefined; one that was not sent at all is an error.
  if (!scope.parameters.has(expression.name)) throw unresolved(expression.name, expression);
  return constant(scope.parameters.get(expression.name));
}

function compileMember(expression: Of<"member">, scope: Scope): Evaluate {
  const object = compile(expression.object, scope);
  const name = compile(expression.property, scope);
  const fixed = expression.property.kind === "literal" ? expression.property.value : undefined;
  if (typeof fixed === "string") return (row) => property(object(row), fixed);
  return (row) => {
    const key = name(row);
    const target = object(row);
    if (typeof key === "number") return Array.isArray(target) ? target[key] : undefined;
    return typeof key === "string" ? property(target, key) : undefined;
  };
}

function compileObject(expression: Of<"object">, scope: Scope): Evaluate {
  const members = expression.members.map((member) => ({
    name: member.name,
    value: compile(member.value, scope),
  }));
  return (row) => {
    const entries: [string, Json][] = [];
    for (const member of members) {
      const value = member.value(row);
      if (value !== undefined) entries.push([member.name, value]);
    }
    return Object.fromEntries(entries);
  };
}

function compileArray(items: readonly Expression[], scope: Scope): Evaluate {
  const values = items.map((item) => compile(item, scope));
  return (row) => values.map((value) => value(row)).filter((value) => value !== undefined);
}

function compileCall(expression: Of<"call">, scope: Scope): Evaluate {
  const { name, parameters } = expression;
  const timed = clockFunctions.get(name);
  if (timed !== undefined && parameters.length === 0) return constant(timed(scope.nowMs));
  const known = functions.get(name);
  if (known === undefined) throw unsupportedQuery(`The function ${name}`, expression);
  if (parameters.length < known.min || parameters.length > known.max) {
    throw invalidQuery(`The function ${name} does not take ${parameters.length} arguments.`, expression);
  }
  const values = parameters.map((parameter) => compile(parameter, scope));
  const [first] = values;
  if (values.length === 1 && first !== undefined) return (row) => known.apply(first(row));
  return (row) => known.apply(...values.map((value) => value(row)));
}

function compileUnary(expression: Of<"unary">, scope: Scope): Evaluate {
  const operand = compile(expression.operand, scope);
  if (expression.operator === "NOT") {
    return (row) => {
      const value = operand(row);
      return typeof value === "boolean" ? !value : undefined;
    };
  }
  const apply = { "-": (n: number) => -n, "+": (n: number) => n, "~": (n: number) => ~n }[
    expression.operator
  ];
  return (row) => {
    const value = operand(row);
    return typeof value === "number" ? apply(value) : undefined;
  };
}

/** Three-valued: one side can decide alone; otherwise a side that is no boolean makes it undefined. */
function compileLogical(expression: Of<"logical">, scope: Scope): Evaluate {
  const { left, right } = operands(expression, scope);
  const decisive = expression.operator === "OR";
  return (row) => {
    const first = left(row);
    if (first === decisive) return decisive;
    const second = right(row);
    if (second === decisive) return decisive;
    return typeof first === "boolean" && typeof second === "boolean" ? !decisive : undefined;
  };
}

function compileComparison(expression: Of<"comparison">, scope: Scope): Evaluate {
  const { left, right } = operands(expression, scope);
  const { operator } = expression;
  if (operator === "=") return (row) => equalValues(left(row), right(row));
  if (operator === "!=") {
    return (row) => {
      const same = equalValues(left(row), right(row));
      return same === undefined ? undefined : !same;
    };
  }
  const test = orderTests[operator];
  return (row) => {
    const order = compareScalars(left(row), right(row));
    return order === undefined ? undefined : test(order);
  };
}

function compileIn(expression: Of<"in">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const options = expression.options.map((option) => compile(option, scope));
  return (row) => {
    const wanted = value(row);
    if (wanted === undefined) return undefined;
    spend(options.length);
    return options.some((option) => equalValues(wanted, option(row)) === true);
  };
}

function compileBetween(expression: Of<"between">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const low = compile(expression.low, scope);
  const high = compile(expression.high, scope);
  return (row) => {
    const found = value(row);
    const above = compareScalars(found, low(row));
    const below = compareScalars(found, high(row));
    return above === undefined || below === undefined ? undefined : above >= 0 && below <= 0;
  };
}

function compileLikeTest(expression: Of<"like">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const pattern = compile(expression.pattern, scope);
  let compiled: { readonly pattern: string; readonly test: (text: string) => boolean } | undefined;
  return (row) => {
    const text = value(row);
    const wanted = pattern(row);
    if (typeof text !== "string" || typeof wanted !== "string") return undefined;
    if (compiled?.pattern !== wanted) {
      compiled = { pattern: wanted, test: compileLike(wanted, expression.escape) };
    }
    return compiled.test(text);
  };
}
