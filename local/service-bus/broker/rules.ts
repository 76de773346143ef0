import { BrokerError } from "../errors.ts";
import { fieldsOf, type MessageFields, type SystemProperty } from "../message/fields.ts";
import type { AmqpValue } from "../wire/values.ts";

/** The value types a correlation filter can hold, by their names in the administration protocol. */
export type PropertyType = "int" | "long" | "double" | "string" | "boolean" | "dateTime";

export interface TypedValue {
  readonly type: PropertyType;
  /** As it is written in XML. */
  readonly value: string;
}

/** Which messages of a topic a subscription gets. */
export type Filter =
  | { readonly kind: "true" }
  | { readonly kind: "false" }
  | {
      readonly kind: "correlation";
      readonly system: Readonly<Partial<Record<SystemProperty, string>>>;
      readonly application: Readonly<Record<string, TypedValue>>;
    };

export interface Rule {
  readonly name: string;
  readonly filter: Filter;
  readonly createdAt: number;
}

/** Every new subscription starts with this one, unless it is created with another. */
export const DEFAULT_RULE = "$Default";

/**
 * The two expressions that clients use for "all" and "none".
 * @throws BrokerError (notImplemented) for every other SQL expression
 */
export function filterFromSql(expression: string): Filter {
  const normal = expression.replaceAll(/\s/g, "");
  if (normal === "1=1") return { kind: "true" };
  if (normal === "1=0") return { kind: "false" };
  throw new BrokerError(
    "notImplemented",
    `SQL filters are not supported yet; use a correlation filter instead of '${expression}'.`,
  );
}

/** Whether any of the rules lets the message through. */
export function matchesAny(rules: Iterable<Rule>, payload: Buffer): boolean {
  let fields: MessageFields | undefined;
  for (const rule of rules) {
    if (rule.filter.kind === "true") return true;
    if (rule.filter.kind === "false") continue;
    fields ??= fieldsOf(payload);
    if (matches(rule.filter, fields)) return true;
  }
  return false;
}

type Correlation = Extract<Filter, { kind: "correlation" }>;

/** All named properties must be equal; system properties as text, application properties with their type. */
function matches(filter: Correlation, fields: MessageFields): boolean {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a record with these keys
  for (const name of Object.keys(filter.system) as SystemProperty[]) {
    if (fields.system(name) !== filter.system[name]) return false;
  }
  for (const [name, wanted] of Object.entries(filter.application)) {
    const found = fields.application(name);
    if (found === undefined || comparable(found) !== comparableText(wanted)) return false;
  }
  return true;
}

/**
 * A text that is the same for equal values. Numbers compare by value whatever their width, because clients
 * write the same number in different types; a string never equals a number.
 */
function comparable(value: AmqpValue): string | undefined {
  if (value.type === "string" || value.type === "symbol") return `text ${value.value}`;
  if (value.type === "boolean") return `boolean ${value.value}`;
  if (value.type === "timestamp") return `time ${value.value}`;
  const isNumber = "value" in value && (typeof value.value === "number" || typeof value.value === "bigint");
  return isNumber && value.type !== "char" ? `number ${value.value}` : undefined;
}

function comparableText({ type, value }: TypedValue): string {
  if (type === "string") return `text ${value}`;
  if (type === "boolean") return `boolean ${value === "true" || value === "1"}`;
  if (type === "dateTime") return `time ${Date.parse(value)}`;
  return type === "double" ? `number ${Number(value)}` : `number ${BigInt(value)}`;
}
