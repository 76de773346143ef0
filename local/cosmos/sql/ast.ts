import type { Value } from "../json.ts";

/** Offsets into the query text; the query plan quotes clauses by them. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type UnaryOperator = "NOT" | "-" | "+" | "~";
export type LogicalOperator = "AND" | "OR";
export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=";
export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>" | ">>>" | "||";
export type AggregateName = "COUNT" | "COUNTIF" | "SUM" | "MIN" | "MAX" | "AVG" | "MAKELIST" | "MAKESET";
/** What a SELECT in brackets stands for: its one result, all of them as an array, or whether there is any. */
export type SubqueryKind = "scalar" | "array" | "exists";

export type Expression = Span &
  (
    | { readonly kind: "literal"; readonly value: Value }
    | { readonly kind: "parameter"; readonly name: string }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "member"; readonly object: Expression; readonly property: Expression }
    | { readonly kind: "unary"; readonly operator: UnaryOperator; readonly operand: Expression }
    | {
        readonly kind: "logical";
        readonly operator: LogicalOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: "comparison";
        readonly operator: ComparisonOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | {
        readonly kind: "arithmetic";
        readonly operator: ArithmeticOperator;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "in"; readonly value: Expression; readonly options: readonly Expression[] }
    | {
        readonly kind: "between";
        readonly value: Expression;
        readonly low: Expression;
        readonly high: Expression;
      }
    | {
        readonly kind: "like";
        readonly value: Expression;
        readonly pattern: Expression;
        readonly escape: string | undefined;
      }
    | { readonly kind: "coalesce"; readonly left: Expression; readonly right: Expression }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly whenTrue: Expression;
        readonly whenFalse: Expression;
      }
    | { readonly kind: "call"; readonly name: string; readonly parameters: readonly Expression[] }
    | { readonly kind: "aggregate"; readonly name: AggregateName; readonly operand: Expression }
    | {
        readonly kind: "object";
        readonly members: readonly { readonly name: string; readonly value: Expression }[];
      }
    | { readonly kind: "array"; readonly items: readonly Expression[] }
    | { readonly kind: "subquery"; readonly yields: SubqueryKind; readonly query: Query }
  );

export interface SelectField {
  readonly expression: Expression;
  readonly alias: string;
}

export type Selection =
  | { readonly kind: "all" }
  | { readonly kind: "value"; readonly expression: Expression }
  | { readonly kind: "fields"; readonly fields: readonly SelectField[] };

export interface OrderItem {
  readonly expression: Expression;
  readonly descending: boolean;
}

/**
 * One input of FROM or JOIN. `whole`: the value itself (`c`, `c.tags`); `each`: every element of it (`t IN c.tags`).
 * `query` stands for the results of a SELECT, or for the elements of its results that are arrays.
 */
export type Source = { readonly alias: string; readonly each: boolean } & (
  | { readonly kind: "path"; readonly path: Expression }
  | { readonly kind: "query"; readonly query: Query }
);

export interface Query {
  readonly text: string;
  readonly distinct: boolean;
  readonly selection: Selection;
  /** Does the selection hold an aggregate of this query (not of one inside)? */
  readonly aggregated: boolean;
  readonly top: Expression | undefined;
  /** The first is FROM, the others are JOINs; none when there is no FROM. */
  readonly sources: readonly Source[];
  /** The name that stands for the whole document; undefined when there is none. */
  readonly alias: string | undefined;
  readonly from: Span | undefined;
  readonly where: Expression | undefined;
  readonly groupBy: readonly Expression[];
  readonly groupBySpan: Span | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly orderBySpan: Span | undefined;
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}
