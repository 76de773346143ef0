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
export type AggregateName = "COUNT" | "SUM" | "MIN" | "MAX" | "AVG";

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

export interface Query {
  readonly text: string;
  readonly selection: Selection;
  /** Does the selection hold an aggregate? */
  readonly aggregated: boolean;
  readonly top: Expression | undefined;
  /** The name the document goes by; undefined when there is no FROM. */
  readonly alias: string | undefined;
  readonly from: Span | undefined;
  readonly where: Expression | undefined;
  readonly orderBy: readonly OrderItem[];
  readonly orderBySpan: Span | undefined;
  readonly offset: Expression | undefined;
  readonly limit: Expression | undefined;
}
