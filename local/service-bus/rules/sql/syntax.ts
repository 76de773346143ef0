import type { SqlValue } from "./values.ts";

/** `sys` = a property of the message itself, `user` = one of its application properties (the default). */
export type Scope = "sys" | "user";

/** Where a value is read from: a property by its name, or `property(<text>)`. */
export type PropertyNode =
  | { readonly kind: "property"; readonly scope: Scope; readonly name: string }
  | { readonly kind: "lookup"; readonly name: Expression };

export type Expression =
  | PropertyNode
  | { readonly kind: "constant"; readonly value: SqlValue }
  | { readonly kind: "newid" }
  | { readonly kind: "sign"; readonly operator: "+" | "-"; readonly operand: Expression }
  | {
      readonly kind: "arithmetic";
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type ArithmeticOperator = "+" | "-" | "*" | "/" | "%";
export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/** A condition: true, false or unknown. */
export type Predicate =
  | { readonly kind: "not"; readonly operand: Predicate }
  | { readonly kind: "and" | "or"; readonly left: Predicate; readonly right: Predicate }
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "is-null"; readonly operand: PropertyNode; readonly negated: boolean }
  | { readonly kind: "exists"; readonly operand: PropertyNode }
  | {
      readonly kind: "in";
      readonly operand: Expression;
      readonly among: readonly Expression[];
      readonly negated: boolean;
    }
  | {
      readonly kind: "like";
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape: Expression | undefined;
      readonly negated: boolean;
    };

/** One statement of a rule's action. */
export type Statement =
  | { readonly kind: "set"; readonly scope: Scope; readonly name: string; readonly value: Expression }
  | { readonly kind: "remove"; readonly scope: Scope; readonly name: string };

const predicates: ReadonlySet<string> = new Set([
  "not",
  "and",
  "or",
  "compare",
  "is-null",
  "exists",
  "in",
  "like",
]);

export const isPredicate = (node: Predicate | Expression): node is Predicate => predicates.has(node.kind);
