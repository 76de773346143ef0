import type { SystemProperty } from "../message/fields.ts";
import type { TypedValue } from "./typed-value.ts";

/** A text in the SQL of subscription rules, and the values of its `@parameters`. */
export interface SqlExpression {
  readonly sql: string;
  /** By name, with or without `@`. */
  readonly parameters: Readonly<Record<string, TypedValue>>;
}

/** Which messages of a topic a subscription gets. */
export type Filter =
  | { readonly kind: "true" }
  | { readonly kind: "false" }
  | ({ readonly kind: "sql" } & SqlExpression)
  | {
      readonly kind: "correlation";
      readonly system: Readonly<Partial<Record<SystemProperty, string>>>;
      readonly application: Readonly<Record<string, TypedValue>>;
    };

/** A rule as it is wanted; `action` changes the copy of a message that this rule selects. */
export interface NewRule {
  readonly name: string;
  readonly filter: Filter;
  readonly action?: SqlExpression | undefined;
}

export interface Rule extends NewRule {
  readonly createdAt: number;
}

/** Every new subscription starts with this one, unless it is created with another. */
export const DEFAULT_RULE = "$Default";
