import type { Value } from "../json.ts";
import type { ComparisonOperator, Expression, Query } from "../sql/ast.ts";
import { compareText } from "../sql/compare.ts";
import { compile, type Scope } from "../sql/evaluate.ts";
import { sortKey } from "../store/sort-key.ts";

/** A necessary condition on one path: its sort key lies within bounds. An equality has equal bounds. */
export interface PathCondition {
  readonly path: string;
  readonly from: string;
  readonly fromIncluded: boolean;
  readonly to: string;
  readonly toIncluded: boolean;
}

export const isEquality = ({ from, fromIncluded, to, toIncluded }: PathCondition): boolean =>
  from === to && fromIncluded && toIncluded;

/** `c.a["b"]` as `/a/b`; undefined for anything that is not a plain path into the document. */
export function pathOf(expression: Expression, alias: string | undefined): string | undefined {
  if (expression.kind === "name") return expression.name === alias ? "" : undefined;
  if (expression.kind !== "member" || expression.property.kind !== "literal") return undefined;
  const { value } = expression.property;
  if (typeof value !== "string") return undefined;
  const parent = pathOf(expression.object, alias);
  return parent === undefined ? undefined : `${parent}/${value}`;
}

/** What every matching document must fulfil, as far as it can be told from comparisons joined by AND. */
export function conditionsOf(query: Query, scope: Scope): readonly PathCondition[] {
  const found: PathCondition[] = [];
  const context = { alias: query.alias, scope };
  const visit = (expression: Expression): void => {
    if (expression.kind === "logical" && expression.operator === "AND") {
      visit(expression.left);
      visit(expression.right);
    } else if (expression.kind === "comparison") {
      addComparison(expression, context, found);
    } else if (expression.kind === "between") {
      const { value, low, high } = expression;
      addBound(value, ">=", low, context, found);
      addBound(value, "<=", high, context, found);
    }
  };
  if (query.where !== undefined) visit(query.where);
  return merge(found);
}

interface Context {
  readonly alias: string | undefined;
  readonly scope: Scope;
}

const mirrored: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "=": "=",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

function addComparison(
  { left, operator, right }: Expression & { readonly kind: "comparison" },
  context: Context,
  found: PathCondition[],
): void {
  addBound(left, operator, right, context, found);
  addBound(right, mirrored[operator], left, context, found);
}

function addBound(
  subject: Expression,
  operator: ComparisonOperator,
  bound: Expression,
  context: Context,
  found: PathCondition[],
): void {
  const path = pathOf(subject, context.alias);
  if (path === undefined || path === "" || operator === "!=") return;
  const value = constantOf(bound, context.scope);
  const key = typeof value === "object" && value !== null ? null : sortKey(value);
  if (key === null) return;
  // Comparisons are between values of one type, and the first character of a sort key is the type.
  const type = key[0]!;
  const lowest = type;
  const beyond = String.fromCharCode(type.charCodeAt(0) + 1);
  const from = operator === "<" || operator === "<=" ? lowest : key;
  const to = operator === ">" || operator === ">=" ? beyond : key;
  found.push({
    path,
    from,
    fromIncluded: operator !== ">",
    to,
    toIncluded: operator === "=" || operator === "<=",
  });
}

function constantOf(expression: Expression, scope: Scope): Value {
  const simple =
    expression.kind === "literal" ||
    expression.kind === "parameter" ||
    (expression.kind === "unary" && expression.operand.kind === "literal");
  return simple ? compile(expression, scope)([]) : undefined;
}

/** Several conditions on one path become their intersection. */
function merge(conditions: readonly PathCondition[]): readonly PathCondition[] {
  const byPath = new Map<string, PathCondition>();
  for (const condition of conditions) {
    const other = byPath.get(condition.path);
    byPath.set(condition.path, other === undefined ? condition : intersection(other, condition));
  }
  return [...byPath.values()];
}

function intersection(a: PathCondition, b: PathCondition): PathCondition {
  const lower = compareText(a.from, b.from) > 0 || (a.from === b.from && !a.fromIncluded) ? a : b;
  const upper = compareText(a.to, b.to) < 0 || (a.to === b.to && !a.toIncluded) ? a : b;
  return {
    path: a.path,
    from: lower.from,
    fromIncluded: lower.fromIncluded,
    to: upper.to,
    toIncluded: upper.toIncluded,
  };
}
