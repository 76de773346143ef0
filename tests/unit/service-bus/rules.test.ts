import { expect, test } from "vitest";
import { fieldsOf } from "#local/service-bus/message/fields.ts";
import { candidateOf, route } from "#local/service-bus/rules/route.ts";
import type { Filter } from "#local/service-bus/rules/rule.ts";
import { correlationFilter, filterFromSql } from "#local/service-bus/rules/new-rule.ts";
import { readStoredRule, storedRule } from "#local/service-bus/rules/stored-rule.ts";
import { fromAmqp, toAmqp, typedValue } from "#local/service-bus/rules/typed-value.ts";
import { text } from "#local/service-bus/wire/values.ts";
import { arrival, ID, payload, rule, selects } from "./rule-message.ts";

const correlation = (filter: Partial<Extract<Filter, { kind: "correlation" }>>): boolean =>
  selects({ kind: "correlation", system: {}, application: {}, ...filter });

test("a correlation filter wants all its properties equal", () => {
  expect(correlation({ system: { subject: "placed" } })).toBe(true);
  expect(correlation({ system: { subject: "placed", to: "to", messageId: "id" } })).toBe(true);
  expect(correlation({ system: { subject: "placed", to: "elsewhere" } })).toBe(false);
  expect(correlation({ system: { subject: "Placed" } })).toBe(false);
  expect(correlation({ system: { replyTo: "x" } })).toBe(false);
  expect(() => correlationFilter({}, {})).toThrow(/at least one property/);
});

test("application properties compare with their type, numbers by value", () => {
  expect(correlation({ application: { size: { type: "double", value: "5" } } })).toBe(true);
  expect(correlation({ application: { size: { type: "string", value: "5" } } })).toBe(false);
  expect(correlation({ application: { big: { type: "long", value: `${2n ** 60n}` } } })).toBe(true);
  expect(correlation({ application: { urgent: { type: "boolean", value: "true" } } })).toBe(true);
  expect(correlation({ application: { urgent: { type: "string", value: "true" } } })).toBe(false);
  expect(correlation({ application: { at: { type: "dateTime", value: "2026-01-01T00:00:00Z" } } })).toBe(
    true,
  );
  expect(correlation({ application: { id: { type: "guid", value: ID.toString("hex") } } })).toBe(true);
  expect(correlation({ application: { raw: { type: "base64Binary", value: "YWJj" } } })).toBe(true);
  expect(correlation({ application: { nil: { type: "string", value: "" } } })).toBe(false);
  expect(correlation({ application: { odd: { type: "string", value: "" } } })).toBe(false);
  expect(correlation({ application: { missing: { type: "string", value: "" } } })).toBe(false);
});

test.each([
  ["byte", "-5"],
  ["unsignedByte", "250"],
  ["short", "-300"],
  ["unsignedShort", "65000"],
  ["int", "-70000"],
  ["unsignedInt", "4000000000"],
  ["long", "-9000000000000000000"],
  ["unsignedLong", "18000000000000000000"],
  ["float", "1.5"],
  ["double", "INF"],
  ["string", "a"],
  ["boolean", "true"],
  ["dateTime", "2026-01-01T00:00:00.000Z"],
  ["guid", ID.toString("hex")],
  ["base64Binary", "YWJj"],
  ["char", "é"],
])("a %s goes to AMQP and back", (type, value) => {
  expect(fromAmqp(toAmqp(typedValue(type, value)))).toEqual({ type, value });
});

test.each([
  ["int", "5.5"],
  ["int", "3000000000"],
  ["long", "9300000000000000000"],
  ["double", ""],
  ["boolean", "yes"],
  ["dateTime", "yesterday"],
  ["guid", "123"],
  ["duration", "1 minute"],
  ["gYear", "2026"],
])("a %s is not '%s'", (type, value) => {
  expect(() => typedValue(type, value)).toThrow(/type/);
});

const act = (statements: string, parameters = {}) => {
  const { asSent, changed, faults } = route(
    [rule({ kind: "true" }, { sql: statements, parameters })],
    candidateOf(payload, arrival),
  );
  expect({ asSent, faults }).toEqual({ asSent: false, faults: [] });
  const [only = Buffer.alloc(0)] = changed;
  return { fields: fieldsOf(only), bytes: only };
};

test("an action sets and removes properties, each statement seeing those before it", () => {
  const { fields, bytes } = act(
    "SET Size = size + 1; SET twice = size * 2 SET sys.Label = 'new ' + brand; REMOVE urgent;" +
      "SET sys.To = sys.Label SET id2 = newid() SET price = 3 SET note = missing REMOVE nowhere, REMOVE sys.ReplyTo",
  );
  expect(fields.application("size")).toEqual({ type: "int", value: 6 });
  expect(fields.application("twice")).toEqual({ type: "long", value: 12n });
  expect(fields.application("price")).toEqual({ type: "double", value: 3 });
  expect(fields.application("urgent")).toBeUndefined();
  expect(fields.application("id2")?.type).toBe("uuid");
  expect([fields.system("subject"), fields.system("to"), fields.system("messageId")]).toEqual([
    "new b",
    "new b",
    "id",
  ]);
  expect(fields.annotation("x-opt-partition-key")).toEqual(text("p-1"));
  expect(bytes.subarray(-6).toString()).toContain("body");
});

test("an action cannot set what is not the publisher's, grow a message without end, or read what is not there", () => {
  const wrong = (statements: string) => () => act(statements);
  expect(wrong("SET sys.SequenceNumber = 1")).toThrow(/cannot set the system property 'SequenceNumber'/);
  expect(wrong("REMOVE sys.MessageId")).toThrow(/cannot remove/);
  expect(wrong("SET a = size > 1")).toThrow(/is neither SET nor REMOVE|condition/);
  expect(wrong("DROP a")).toThrow(/neither SET nor REMOVE/);
  expect(wrong("")).toThrow(/neither SET nor REMOVE/);
  expect(wrong("SET a = 1; ".repeat(33))).toThrow(/at most 32 statements/);
  const growing = `SET a = '${"x".repeat(100)}'; ${"SET a = a + a; ".repeat(20)}`;
  const { changed, faults } = route(
    [rule({ kind: "true" }, { sql: growing, parameters: {} })],
    candidateOf(payload, arrival),
  );
  expect([changed.length, faults.length]).toEqual([0, 1]);
});

test("one copy for all rules without action, one for each with an action", () => {
  const action = (name: string) => ({ sql: `SET via = '${name}'`, parameters: {} });
  const { asSent, changed } = route(
    [
      rule({ kind: "true" }),
      rule(filterFromSql("size = 5")),
      rule({ kind: "true" }, action("first")),
      rule({ kind: "true" }, action("second")),
      rule({ kind: "false" }, action("never")),
    ],
    candidateOf(payload, arrival),
  );
  expect(asSent).toBe(true);
  expect(changed.map((copy) => fieldsOf(copy).application("via"))).toEqual([text("first"), text("second")]);
});

test("the SQL that clients write for all and none is recognised", () => {
  expect(filterFromSql("1 = 1")).toEqual({ kind: "true" });
  expect(filterFromSql("1=0")).toEqual({ kind: "false" });
});

test("rules are read back from disk, those of the first version too", () => {
  const wanted = { filter: filterFromSql("a = @b", { b: { type: "int", value: "1" } }), action: undefined };
  expect(readStoredRule(storedRule(wanted))).toEqual(wanted);
  expect(readStoredRule('{"kind":"true"}')).toEqual({ filter: { kind: "true" } });
});
