import { BrokerError } from "../../errors.ts";
import type { SystemProperty } from "../../message/fields.ts";
import { correlationFilter, filterFromSql } from "../../rules/new-rule.ts";
import type { Filter, NewRule, Rule, SqlExpression } from "../../rules/rule.ts";
import { fromAmqp, toAmqp, type TypedValue } from "../../rules/typed-value.ts";
import {
  type AmqpMap,
  type AmqpValue,
  entryOf,
  list,
  nothing,
  text,
  textOf,
  timestamp,
} from "../../wire/values.ts";

/** Requests name the properties of a correlation filter, replies tell them by their place. */
const correlationFields: readonly (readonly [name: string, property: SystemProperty])[] = [
  ["correlation-id", "correlationId"],
  ["message-id", "messageId"],
  ["to", "to"],
  ["reply-to", "replyTo"],
  ["label", "subject"],
  ["session-id", "sessionId"],
  ["reply-to-session-id", "replyToSessionId"],
  ["content-type", "contentType"],
];

/** Descriptors of the lists in a reply. */
const Descriptor = {
  rule: 0x137_0000_0004n,
  emptyAction: 0x137_0000_0005n,
  sqlAction: 0x137_0000_0006n,
  sql: 0x13_7000_0006n,
  true: 0x13_7000_0007n,
  false: 0x13_7000_0008n,
  correlation: 0x13_7000_0009n,
} as const;

/** What expressions are written in; there never was another level. */
const COMPATIBILITY: AmqpValue = { type: "int", value: 20 };

/** @throws BrokerError (invalid) naming what is missing or unknown in the description */
export function decodeRule(name: string, description: AmqpMap): NewRule {
  return { name, filter: decodeFilter(description), action: decodeAction(description) };
}

function decodeFilter(description: AmqpMap): Filter {
  const sql = mapAt(description, "sql-filter");
  if (sql !== undefined) {
    const { sql: expression, parameters } = decodeSql(sql);
    return filterFromSql(expression, parameters);
  }
  const correlation = mapAt(description, "correlation-filter");
  if (correlation !== undefined) return decodeCorrelation(correlation);
  if (mapAt(description, "true-filter") !== undefined) return { kind: "true" };
  if (mapAt(description, "false-filter") !== undefined) return { kind: "false" };
  throw new BrokerError("invalid", "The rule description has no filter of a known kind.");
}

function decodeCorrelation(filter: AmqpMap): Filter {
  const system: Partial<Record<SystemProperty, string>> = {};
  for (const [name, property] of correlationFields) {
    const value = entryOf(filter, name);
    if (value === undefined) continue;
    const wanted = textOf(value);
    if (wanted === undefined) throw new BrokerError("invalid", `The filter's '${name}' is no text.`);
    system[property] = wanted;
  }
  return correlationFilter(system, decodeValues(filter, "properties"));
}

function decodeAction(description: AmqpMap): SqlExpression | undefined {
  const action = mapAt(description, "sql-rule-action");
  return action === undefined ? undefined : decodeSql(action);
}

function decodeSql(map: AmqpMap): SqlExpression {
  const sql = textOf(entryOf(map, "expression"));
  if (sql === undefined) throw new BrokerError("invalid", "A SQL filter or action has no expression.");
  return { sql, parameters: decodeValues(map, "parameters") };
}

function decodeValues(map: AmqpMap, name: string): Record<string, TypedValue> {
  const values = (mapAt(map, name)?.value ?? []).map(([key, value]) => {
    const property = textOf(key);
    if (property === undefined) throw new BrokerError("invalid", `A key of '${name}' is no text.`);
    return [property, fromAmqp(value)] as const;
  });
  return Object.fromEntries(values);
}

function mapAt(map: AmqpMap, name: string): AmqpMap | undefined {
  const value = entryOf(map, name);
  if (value === undefined || value.type === "map") return value;
  throw new BrokerError("invalid", `The field '${name}' of a rule description is no map.`);
}

/** A rule as described lists: filter, action, name, creation time. */
export const encodeRule = (rule: Rule): AmqpValue =>
  described(Descriptor.rule, [
    encodeFilter(rule.filter),
    rule.action === undefined
      ? described(Descriptor.emptyAction, [])
      : described(Descriptor.sqlAction, [text(rule.action.sql), COMPATIBILITY]),
    text(rule.name),
    timestamp(rule.createdAt),
  ]);

function encodeFilter(filter: Filter): AmqpValue {
  switch (filter.kind) {
    case "true":
    case "false":
      return described(Descriptor[filter.kind], []);
    case "sql":
      return described(Descriptor.sql, [text(filter.sql), COMPATIBILITY]);
    default: {
      const fields = correlationFields.map(([, property]) => {
        const value = filter.system[property];
        return value === undefined ? nothing : text(value);
      });
      return described(Descriptor.correlation, [...fields, encodeValues(filter.application)]);
    }
  }
}

/** A map even when it is empty: the client cannot do with a null here. */
const encodeValues = (values: Readonly<Record<string, TypedValue>>): AmqpMap => ({
  type: "map",
  value: Object.entries(values).map(([key, value]) => [text(key), toAmqp(value)] as const),
});

const described = (descriptor: bigint, items: readonly AmqpValue[]): AmqpValue => ({
  type: "described",
  descriptor: { type: "ulong", value: descriptor },
  value: list(items),
});
