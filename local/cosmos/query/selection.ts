import type { Json } from "../json.ts";
import { makeAggregation } from "../sql/aggregate.ts";
import type { Expression, Query } from "../sql/ast.ts";
import { compile, type Evaluate, type Scope } from "../sql/evaluate.ts";

/** The SELECT clause as one function per query. */
export interface Projection {
  /** True when the stored text is the result; then `toText` is not called. */
  readonly whole: boolean;
  /** The result as JSON text; undefined when SELECT VALUE yields nothing. */
  toText(document: Json): string | undefined;
}

/** A SELECT clause with aggregates: one result over all documents. */
export interface AggregateProjection {
  add(document: Json): void;
  toText(): string | undefined;
}

/** The selection as one expression: what SELECT VALUE would name. */
export function selectedExpression(query: Query): Expression | undefined {
  const { selection } = query;
  if (selection.kind === "all") return undefined;
  if (selection.kind === "value") return selection.expression;
  const members = selection.fields.map(({ alias, expression }) => ({ name: alias, value: expression }));
  return { kind: "object", members, start: 0, end: 0 };
}

export function makeProjection(query: Query, scope: Scope): Projection {
  const selected = selectedExpression(query);
  if (selected === undefined || isWholeDocument(selected, scope)) {
    return { whole: true, toText: (document) => JSON.stringify(document) };
  }
  const evaluate = compile(selected, scope);
  return { whole: false, toText: (document) => text(evaluate, document) };
}

export function makeAggregateProjection(query: Query, scope: Scope): AggregateProjection {
  const aggregation = makeAggregation(scope);
  const evaluate = compile(selectedExpression(query)!, aggregation.scope);
  return { add: (document) => aggregation.add(document), toText: () => text(evaluate, null) };
}

const isWholeDocument = (expression: Expression, scope: Scope): boolean =>
  expression.kind === "name" && expression.name === scope.alias;

function text(evaluate: Evaluate, document: Json): string | undefined {
  const value = evaluate(document);
  return value === undefined ? undefined : JSON.stringify(value);
}
