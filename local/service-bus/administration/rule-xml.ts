import type { SubscriptionEntity } from "../broker/entity.ts";
import { BrokerError } from "../errors.ts";
import type { NewRule } from "../broker/entity-admin.ts";
import {
  type Filter,
  filterFromSql,
  type PropertyType,
  type Rule,
  type TypedValue,
} from "../broker/rules.ts";
import type { SystemProperty } from "../message/fields.ts";
import type { Entry } from "./atom.ts";
import { childOf, childrenOf, element, escapeXml, textAt, type XmlElement } from "./xml.ts";

const SCHEMA = "http://www.w3.org/2001/XMLSchema";

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
      `${filterXml(rule.filter)}<Action i:type="EmptyRuleAction"/>` +
      element("CreatedAt", new Date(rule.createdAt).toISOString()) +
      element("Name", rule.name),
    updatedAt: rule.createdAt,
  };
}

function filterXml(filter: Filter): string {
  if (filter.kind === "true")
    return `<Filter i:type="TrueFilter">${element("SqlExpression", "1=1")}</Filter>`;
  if (filter.kind === "false")
    return `<Filter i:type="FalseFilter">${element("SqlExpression", "1=0")}</Filter>`;
  const system = Object.entries(elements).map(([name, property]) => element(name, filter.system[property]));
  const application = Object.entries(filter.application).map(([name, value]) => propertyXml(name, value));
  const properties = application.length === 0 ? "" : `<Properties>${application.join("")}</Properties>`;
  return `<Filter i:type="CorrelationFilter">${system.join("")}${properties}</Filter>`;
}

function propertyXml(name: string, { type, value }: TypedValue): string {
  // The client knows no long.
  const shown = type === "long" ? "int" : type;
  return (
    `<KeyValueOfstringanyType>${element("Key", name)}<Value i:type="d6p1:${shown}" xmlns:d6p1="${SCHEMA}">` +
    `${escapeXml(value)}</Value></KeyValueOfstringanyType>`
  );
}

/**
 * A rule from its description.
 * @throws BrokerError (invalid) for a filter that cannot be read, (notImplemented) for SQL and for actions
 */
export function readRule(name: string, description: XmlElement | undefined): NewRule {
  const action = textAt(childOf(description, "Action"), "SqlExpression");
  if (action !== undefined) {
    throw new BrokerError("notImplemented", `Rule actions are not supported yet (rule '${name}').`);
  }
  return { name, filter: readFilter(childOf(description, "Filter")) };
}

function readFilter(filter: XmlElement | undefined): Filter {
  const type = textAt(filter, "@type") ?? "";
  switch (type) {
    case "TrueFilter":
      return { kind: "true" };
    case "FalseFilter":
      return { kind: "false" };
    case "SqlFilter":
      return filterFromSql(textAt(filter, "SqlExpression") ?? "");
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
  const application: Record<string, TypedValue> = {};
  for (const pair of childrenOf(childOf(filter, "Properties"), "KeyValueOfstringanyType")) {
    const value = childOf(pair, "Value");
    const type = (textAt(value, "@type") ?? "").replace(/^.*:/, "");
    if (!isPropertyType(type))
      throw new BrokerError("invalid", `A filter cannot compare values of type '${type}'.`);
    application[textAt(pair, "Key") ?? ""] = { type, value: textAt(pair, "Value") ?? "" };
  }
  if (Object.keys(system).length + Object.keys(application).length === 0) {
    throw new BrokerError("invalid", "A correlation filter must name at least one property.");
  }
  return { kind: "correlation", system, application };
}

const propertyTypes: ReadonlySet<string> = new Set([
  "int",
  "long",
  "double",
  "string",
  "boolean",
  "dateTime",
]);
const isPropertyType = (type: string): type is PropertyType => propertyTypes.has(type);
