import type { SubscriptionEntity } from "../broker/entity.ts";
import { BrokerError } from "../errors.ts";
import type { SystemProperty } from "../message/fields.ts";
import { correlationFilter, filterFromSql } from "../rules/new-rule.ts";
import type { Filter, NewRule, Rule, SqlExpression } from "../rules/rule.ts";
import { type PropertyType, type TypedValue, typedValue } from "../rules/typed-value.ts";
import type { Entry } from "./atom.ts";
import { childOf, childrenOf, element, escapeXml, textAt, type XmlElement } from "./xml.ts";

const SCHEMA = "http://www.w3.org/2001/XMLSchema";
/** What expressions are written in; 20 is the only level there ever was. */
const COMPATIBILITY = element("CompatibilityLevel", 20);

/** System properties by their names in a correlation filter. */
const elements: Readonly<Record<string, SystemProperty>> = {
  CorrelationId: "correlationId",
  MessageId: "messageId",
  To: "to",
  ReplyTo: "replyTo",
  Label: "subject",
  SessionId: "sessionId",
  ReplyToSessionId: "replyToSessionId",
  ContentType: "contentType",
};

export function describeRule(subscription: SubscriptionEntity, rule: Rule): Entry {
  return {
    path: `${subscription.path}/Rules/${rule.name}`,
    title: rule.name,
    root: "RuleDescription",
    content:
      filterXml(rule.filter) +
      (rule.action === undefined
        ? '<Action i:type="EmptyRuleAction"/>'
        : sqlXml("Action", "SqlRuleAction", rule.action)) +
      element("CreatedAt", new Date(rule.createdAt).toISOString()) +
      element("Name", rule.name),
    updatedAt: rule.createdAt,
  };
}

function filterXml(filter: Filter): string {
  switch (filter.kind) {
    case "true":
      return sqlXml("Filter", "TrueFilter", { sql: "1=1", parameters: {} });
    case "false":
      return sqlXml("Filter", "FalseFilter", { sql: "1=0", parameters: {} });
    case "sql":
      return sqlXml("Filter", "SqlFilter", filter);
    default: {
      const system = Object.entries(elements).map(([name, property]) =>
        element(name, filter.system[property]),
      );
      return `<Filter i:type="CorrelationFilter">${system.join("")}${valuesXml("Properties", filter.application)}</Filter>`;
    }
  }
}

const sqlXml = (name: string, type: string, { sql, parameters }: SqlExpression): string =>
  `<${name} i:type="${type}">${element("SqlExpression", sql)}${COMPATIBILITY}` +
  `${valuesXml("Parameters", parameters)}</${name}>`;

/** Nothing at all for no values: the client takes an empty list for a mistake. */
function valuesXml(name: string, values: Readonly<Record<string, TypedValue>>): string {
  const pairs = Object.entries(values).map(([key, value]) => pairXml(key, value));
  return pairs.length === 0 ? "" : `<${name}>${pairs.join("")}</${name}>`;
}

/** The client reads five types and gives up on any other. */
const shownAs: Partial<Record<PropertyType, string>> = {
  byte: "int",
  unsignedByte: "int",
  short: "int",
  unsignedShort: "int",
  unsignedInt: "int",
  long: "int",
  unsignedLong: "int",
  float: "double",
  decimal: "double",
  char: "string",
  guid: "string",
  base64Binary: "string",
};

const pairXml = (name: string, { type, value }: TypedValue): string =>
  `<KeyValueOfstringanyType>${element("Key", name)}<Value i:type="d6p1:${shownAs[type] ?? type}" ` +
  `xmlns:d6p1="${SCHEMA}">${escapeXml(value)}</Value></KeyValueOfstringanyType>`;

/**
 * A rule from its description.
 * @throws BrokerError (invalid) for a filter that cannot be read
 */
export function readRule(name: string, description: XmlElement | undefined): NewRule {
  const action = childOf(description, "Action");
  const sql = textAt(action, "SqlExpression");
  return {
    name,
    filter: readFilter(childOf(description, "Filter")),
    action: sql === undefined ? undefined : { sql, parameters: readValues(action, "Parameters") },
  };
}

function readFilter(filter: XmlElement | undefined): Filter {
  const type = textAt(filter, "@type") ?? "";
  switch (type) {
    case "TrueFilter":
      return { kind: "true" };
    case "FalseFilter":
      return { kind: "false" };
    case "SqlFilter":
      return filterFromSql(textAt(filter, "SqlExpression") ?? "", readValues(filter, "Parameters"));
    case "CorrelationFilter":
      return readCorrelation(filter);
    default:
      throw new BrokerError("invalid", `A rule needs a filter of a known type, not '${type}'.`);
  }
}

function readCorrelation(filter: XmlElement | undefined): Filter {
  const system: Partial<Record<SystemProperty, string>> = {};
  for (const [name, property] of Object.entries(elements)) {
    const value = textAt(filter, name);
    if (value !== undefined) system[property] = value;
  }
  return correlationFilter(system, readValues(filter, "Properties"));
}

function readValues(parent: XmlElement | undefined, name: string): Record<string, TypedValue> {
  const values: [string, TypedValue][] = [];
  for (const pair of childrenOf(childOf(parent, name), "KeyValueOfstringanyType")) {
    const type = (textAt(childOf(pair, "Value"), "@type") ?? "").replace(/^.*:/, "");
    values.push([textAt(pair, "Key") ?? "", typedValue(type, textAt(pair, "Value") ?? "")]);
  }
  // A property may have any name; fromEntries makes even __proto__ an ordinary one.
  return Object.fromEntries(values);
}
