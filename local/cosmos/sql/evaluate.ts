import { property, type Json, type Value } from "../json.ts";
import { arithmetic } from "./arithmetic.ts";
import type { ComparisonOperator, Expression } from "./ast.ts";
import { compareScalars, isEqual } from "./compare.ts";
import { functions } from "./functions/index.ts";
import { compileLike } from "./like.ts";
import { invalidQuery, unresolved, unsupportedQuery } from "./query-error.ts";

/** What an expression yields for one document. */
export type Evaluate = (document: Json) => Value;

export interface Scope {
  /** The name of the document; undefined when the query has no FROM. */
  readonly alias: string | undefined;
  readonly parameters: ReadonlyMap<string, Value>;
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
      if (expression.name !== scope.alias) throw unresolved(expression.name, expression);
      return (document) => document;
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
    default:
      return compileOperator(expression, scope);
  }
}

type Of<Kind extends Expression["kind"]> = Expression & { readonly kind: Kind };
type Simple = "literal" | "parameter" | "name" | "member" | "aggregate" | "object" | "array" | "call";

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
      return (document) => apply(left(document), right(document));
    }
    case "in":
      return compileIn(expression, scope);
    case "between":
      return compileBetween(expression, scope);
    case "like":
      return compileLikeTest(expression, scope);
    case "coalesce": {
      const { left, right } = operands(expression, scope);
      return (document) => {
        const value = left(document);
        return value === undefined ? right(document) : value;
      };
    }
    default: {
      const test = compile(expression.test, scope);
      const whenTrue = compile(expression.whenTrue, scope);
      const whenFalse = compile(expression.whenFalse, scope);
      return (document) => (test(document) === true ? whenTrue(document) : whenFalse(document));
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

function compileParameter(expression: Of<"parameter">, scope: Scope): Evaluate {
  // A parameter that was sent without a value is undefined; one that was not sent at all is an error.
  if (!scope.parameters.has(expression.name)) throw unresolved(expression.name, expression);
  return constant(scope.parameters.get(expression.name));
}

function compileMember(expression: Of<"member">, scope: Scope): Evaluate {
  const object = compile(expression.object, scope);
  const name = compile(expression.property, scope);
  const fixed = expression.property.kind === "literal" ? expression.property.value : undefined;
  if (typeof fixed === "string") return (document) => property(object(document), fixed);
  return (document) => {
    const key = name(document);
    const target = object(document);
    if (typeof key === "number") return Array.isArray(target) ? target[key] : undefined;
    return typeof key === "string" ? property(target, key) : undefined;
  };
}

function compileObject(expression: Of<"object">, scope: Scope): Evaluate {
  const members = expression.members.map((member) => ({
    name: member.name,
    value: compile(member.value, scope),
  }));
  return (document) => {
    const entries: [string, Json][] = [];
    for (const member of members) {
      const value = member.value(document);
      if (value !== undefined) entries.push([member.name, value]);
    }
    return Object.fromEntries(entries);
  };
}

function compileArray(items: readonly Expression[], scope: Scope): Evaluate {
  const values = items.map((item) => compile(item, scope));
  return (document) => values.map((value) => value(document)).filter((value) => value !== undefined);
}

function compileCall(expression: Of<"call">, scope: Scope): Evaluate {
  const { name, parameters } = expression;
  const known = functions.get(name);
  if (known === undefined) throw unsupportedQuery(`The function ${name}`, expression);
  if (parameters.length < known.min || parameters.length > known.max) {
    throw invalidQuery(`The function ${name} does not take ${parameters.length} arguments.`, expression);
  }
  const values = parameters.map((parameter) => compile(parameter, scope));
  const [first] = values;
  if (values.length === 1 && first !== undefined) return (document) => known.apply(first(document));
  return (document) => known.apply(...values.map((value) => value(document)));
}

function compileUnary(expression: Of<"unary">, scope: Scope): Evaluate {
  const operand = compile(expression.operand, scope);
  if (expression.operator === "NOT") {
    return (document) => {
      const value = operand(document);
      return typeof value === "boolean" ? !value : undefined;
    };
  }
  const apply = { "-": (n: number) => -n, "+": (n: number) => n, "~": (n: number) => ~n }[
    expression.operator
  ];
  return (document) => {
    const value = operand(document);
    return typeof value === "number" ? apply(value) : undefined;
  };
}

/** Three-valued: one side can decide alone; otherwise a side that is no boolean makes it undefined. */
function compileLogical(expression: Of<"logical">, scope: Scope): Evaluate {
  const { left, right } = operands(expression, scope);
  const decisive = expression.operator === "OR";
  return (document) => {
    const first = left(document);
    if (first === decisive) return decisive;
    const second = right(document);
    if (second === decisive) return decisive;
    return typeof first === "boolean" && typeof second === "boolean" ? !decisive : undefined;
  };
}

const equal = (a: Value, b: Value): boolean | undefined =>
  a === undefined || b === undefined ? undefined : isEqual(a, b);

function compileComparison(expression: Of<"comparison">, scope: Scope): Evaluate {
  const { left, right } = operands(expression, scope);
  const { operator } = expression;
  if (operator === "=") return (document) => equal(left(document), right(document));
  if (operator === "!=") {
    return (document) => {
      const same = equal(left(document), right(document));
      return same === undefined ? undefined : !same;
    };
  }
  const test = orderTests[operator];
  return (document) => {
    const order = compareScalars(left(document), right(document));
    return order === undefined ? undefined : test(order);
  };
}

const orderTests: Readonly<Record<Exclude<ComparisonOperator, "=" | "!=">, (order: number) => boolean>> = {
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

function compileIn(expression: Of<"in">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const options = expression.options.map((option) => compile(option, scope));
  return (document) => {
    const wanted = value(document);
    if (wanted === undefined) return undefined;
    return options.some((option) => equal(wanted, option(document)) === true);
  };
}

function compileBetween(expression: Of<"between">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const low = compile(expression.low, scope);
  const high = compile(expression.high, scope);
  return (document) => {
    const found = value(document);
    const above = compareScalars(found, low(document));
    const below = compareScalars(found, high(document));
    return above === undefined || below === undefined ? undefined : above >= 0 && below <= 0;
  };
}

function compileLikeTest(expression: Of<"like">, scope: Scope): Evaluate {
  const value = compile(expression.value, scope);
  const pattern = compile(expression.pattern, scope);
  let compiled: { readonly pattern: string; readonly test: (text: string) => boolean } | undefined;
  return (document) => {
    const text = value(document);
    const wanted = pattern(document);
    if (typeof text !== "string" || typeof wanted !== "string") return undefined;
    if (compiled?.pattern !== wanted) {
      compiled = { pattern: wanted, test: compileLike(wanted, expression.escape) };
    }
    return compiled.test(text);
  };
}
