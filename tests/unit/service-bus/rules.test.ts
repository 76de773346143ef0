import { expect, test } from "vitest";
import { fieldsOf } from "#local/service-bus/message/fields.ts";
import { route } from "#local/service-bus/rules/route.ts";
import type { Filter, NewRule } from "#local/service-bus/rules/rule.ts";
import { correlationFilter, filterFromSql } from "#local/service-bus/rules/new-rule.ts";
import { readStoredRule, storedRule } from "#local/service-bus/rules/stored-rule.ts";
import { fromAmqp, toAmqp, typedValue } from "#local/service-bus/rules/typed-value.ts";
import { encodeSection } from "#local/service-bus/wire/encode.ts";
import { Section } from "#local/service-bus/wire/sections.ts";
import {
  type AmqpValue,
  binary,
  list,
  mapOf,
  nothing,
  symbol,
  text,
  timestamp,
  uuid,
} from "#local/service-bus/wire/values.ts";

const ID = Buffer.from("00112233445566778899aabbccddeeff", "hex");
const properties: Readonly<Record<string, AmqpValue>> = {
  brand: text("b"),
  size: { type: "int", value: 5 },
  price: { type: "double", value: 2.5 },
  big: { type: "long", value: 2n ** 60n },
  urgent: { type: "boolean", value: true },
  at: timestamp(Date.UTC(2026, 0, 1)),
  id: uuid(ID),
  raw: binary(Buffer.from("abc")),
  nil: nothing,
  odd: list([]),
};
const payload = Buffer.concat([
  encodeSection(Section.header, list([])),
  encodeSection(Section.messageAnnotations, {
    type: "map",
    value: [[symbol("x-opt-partition-key"), text("p-1")]],
  }),
  encodeSection(Section.properties, list([text("id"), nothing, text("to"), text("placed")])),
  encodeSection(Section.applicationProperties, mapOf(properties)),
  encodeSection(Section.data, binary(Buffer.from("body"))),
]);
const arrival = { enqueuedAt: Date.UTC(2026, 5, 1), sequence: 42 };
const rule = (filter: Filter, action?: NewRule["action"]) => ({ name: "r", createdAt: 0, filter, action });
const selects = (filter: Filter): boolean => {
  const { asSent, faults } = route([rule(filter)], payload, arrival);
  if (faults.length > 0) throw new Error(faults[0]);
  return asSent;
};
const correlation = (filter: Partial<Extract<Filter, { kind: "correlation" }>>): boolean =>
  selects({ kind: "correlation", system: {}, application: {}, ...filter });
const sql = (expression: string, parameters = {}): boolean => selects(filterFromSql(expression, parameters));

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
  ["duration", "PT1S"],
])("a %s is not '%s'", (type, value) => {
  expect(() => typedValue(type, value)).toThrow(/type/);
});

test.each([
  "size = 5",
  "SIZE = 5 and user.Brand = 'b'",
  "sys.Label = 'placed' AND sys.to LIKE 't%'",
  "sys.PartitionKey = 'p-1'",
  "sys.SequenceNumber = 42 AND sys.DeliveryCount = 0",
  '[size] > 4.5 AND "size" < 6',
  "size + 1 = 6 AND size * 2 - 1 = 9 AND size / 2 = 2 AND size % 3 = 2 AND -size < 0",
  "price = 2.5e0 AND price + size = 7.5 AND size / 2.0 = price",
  "brand + size = 'b5'",
  "big = 1152921504606846976",
  "urgent = TRUE",
  "brand IN ('a', 'b') AND size NOT IN (1, 2)",
  "EXISTS(brand) AND EXISTS (nil) AND NOT EXISTS(missing)",
  "nil IS NULL AND missing IS NULL AND brand IS NOT NULL",
  "brand LIKE '_' AND brand NOT LIKE 'a%'",
  "'50% off' LIKE '50!%%' ESCAPE '!'",
  "property('Bra' + 'nd') = 'b' AND p('size') = 5",
  "newid() <> newid()",
  "missing = 1 OR size = 5",
  "NOT (missing = 1 AND size = 4)",
  "'it''s' = 'it''s'",
  "9223372036854775807 + 1 < 0",
])("selects: %s", (expression) => {
  expect(sql(expression)).toBe(true);
});

test.each([
  "missing = 1",
  "NOT missing = 1",
  "missing <> 1",
  "missing LIKE '%'",
  "missing NOT LIKE '%'",
  "missing NOT IN (1)",
  "size NOT IN (1, missing)",
  "size = NULL",
  "brand = 'B'",
  "missing + 1 = 1 OR size = 4",
  "size IS NULL",
  "EXISTS(sys.ReplyTo)",
])("does not select: %s", (expression) => {
  expect(sql(expression)).toBe(false);
});

test("parameters stand for typed values", () => {
  const parameters = {
    "@name": { type: "string", value: "b" },
    size: { type: "double", value: "5" },
    since: { type: "dateTime", value: "2025-12-31T00:00:00Z" },
  } as const;
  expect(sql("brand = @Name AND size = @size AND at > @since", parameters)).toBe(true);
  expect(sql("sys.EnqueuedTimeUtc > @since AND at < sys.EnqueuedTimeUtc", parameters)).toBe(true);
  expect(() => sql("brand = @other", parameters)).toThrow(/'@other'.* is a parameter without a value/);
});

test.each([
  ["brand > 5", /no '>' between a string and a number/],
  ["brand = 5", /no '=' between a string and a number/],
  ["urgent + 1 = 2", /no '\+' between a boolean and a number/],
  ["urgent < FALSE", /no '<'/],
  ["size / 0 = 1", /divided by zero/],
  ["sys.Colour = 'red'", /no system property 'Colour'/],
  ["size LIKE '5'", /left side is a number/],
  ["brand LIKE 'b' ESCAPE 'xx'", /escape character/],
  ["brand LIKE 'b!' ESCAPE '!'", /ends in its escape character/],
  ["-brand = 1", /no - for a string/],
  ["odd IS NULL", /AMQP type list/],
  ["p(size) = 1", /not a text/],
])("cannot be evaluated: %s", (expression, fault) => {
  const { asSent, faults } = route([rule(filterFromSql(expression))], payload, arrival);
  expect(asSent).toBe(false);
  expect(faults).toEqual([expect.stringMatching(fault)]);
});

test("what decides first keeps the rest from failing", () => {
  expect(sql("EXISTS(missing) AND brand > 5")).toBe(false);
  expect(sql("size = 5 OR brand > 5")).toBe(true);
});

const act = (statements: string, parameters = {}) => {
  const { asSent, changed, faults } = route(
    [rule({ kind: "true" }, { sql: statements, parameters })],
    payload,
    arrival,
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
    payload,
    arrival,
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
    payload,
    arrival,
  );
  expect(asSent).toBe(true);
  expect(changed.map((copy) => fieldsOf(copy).application("via"))).toEqual([text("first"), text("second")]);
});

test.each([
  ["size", /not compared with anything/],
  ["size = ", /the end is not expected here/],
  ["(size = 5", /'\)' expected/],
  ["size = 5)", /'\)' \(character 9\) is not expected here/],
  ["order.size = 5", /is no scope/],
  ["size = 5 AND 3", /not compared/],
  ["(size = 5) + 1 = 2", /where a value|follows a condition/],
  ["size IS 5", /NULL expected/],
  ["5 IS NULL", /no property/],
  ["size NOT 5", /neither IN nor LIKE/],
  ["size IN ()", /not expected/],
  ["lower(brand) = 'b'", /no function that rules know/],
  ["size = 12abc", /'12abc'/],
  ["size = 'open", /''open'/],
  ["size = 99999999999999999999", /64 bits/],
  ["size # 5", /'# 5'/],
  ["sys.TimeToLive = 1", /'TimeToLive' is not supported/],
  ["_size = 5", /'_size = 5'/],
  [`${"(".repeat(60)}size = 5${")".repeat(60)}`, /nested more than 50/],
  [`${"NOT ".repeat(60)} size = 5`, /nested more than 50/],
  [`size = ${"-".repeat(60)}5`, /nested more than 50/],
  [`size = ${"1".repeat(1024)}`, /at most 1024 characters/],
])("is refused with its place: %s", (expression, message) => {
  expect(() => sql(expression)).toThrow(message);
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
