import { expect, test } from "vitest";
import { filterFromSql } from "#local/service-bus/rules/new-rule.ts";
import { candidateOf, route } from "#local/service-bus/rules/route.ts";
import { arrival, payload, rule, sql } from "./rule-message.ts";

test.each([
  "size = 5",
  "SIZE = 5 and user.Brand = 'b' and colour = 'Red' and exists(COLOUR)",
  "sys.Label = 'placed' AND sys.to LIKE 't%'",
  "sys.PartitionKey = 'p-1'",
  "sys.SequenceNumber = 42 AND sys.DeliveryCount = 0",
  "sys.Size = 512 AND sys.State = 0 AND sys.DeadLetterSource IS NULL",
  "sys.ExpiresAtUtc > sys.EnqueuedTimeUtc AND sys.ExpiresAtUtc - sys.EnqueuedTimeUtc = sys.TimeToLive",
  "sys.EnqueuedTimeUtc + sys.TimeToLive = sys.ExpiresAtUtc AND sys.ExpiresAtUtc - sys.TimeToLive = sys.EnqueuedTimeUtc",
  "sys.TimeToLive + sys.TimeToLive - sys.TimeToLive >= sys.TimeToLive AND 'for ' + sys.TimeToLive = 'for 00:01:30'",
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
    minute: { type: "duration", value: "PT1M" },
  } as const;
  expect(sql("brand = @Name AND size = @size AND at > @since", parameters)).toBe(true);
  expect(sql("sys.TimeToLive > @minute AND sys.TimeToLive < @minute + @minute", parameters)).toBe(true);
  expect(sql("sys.EnqueuedTimeUtc > @since AND at < sys.EnqueuedTimeUtc", parameters)).toBe(true);
  expect(() => sql("brand = @other", parameters)).toThrow(/'@other'.* is a parameter without a value/);
});

test.each([
  ["brand > 5", /no '>' between a string and a number/],
  ["brand = 5", /no '=' between a string and a number/],
  ["urgent + 1 = 2", /no '\+' between a boolean and a number/],
  ["urgent < FALSE", /no '<'/],
  ["sys.TimeToLive > 60", /no '>' between a duration and a number/],
  ["sys.TimeToLive * 2 = 1", /no '\*' between a duration/],
  ["sys.TimeToLive - sys.ExpiresAtUtc = 1", /no '-' between a duration and a time/],
  ["size / 0 = 1", /divided by zero/],
  ["sys.Colour = 'red'", /no system property 'Colour'/],
  ["size LIKE '5'", /left side is a number/],
  ["brand LIKE 'b' ESCAPE 'xx'", /escape character/],
  ["brand LIKE 'b!' ESCAPE '!'", /ends in its escape character/],
  ["-brand = 1", /no - for a string/],
  ["odd IS NULL", /AMQP type list/],
  ["p(size) = 1", /not a text/],
])("cannot be evaluated: %s", (expression, fault) => {
  const { asSent, faults } = route([rule(filterFromSql(expression))], candidateOf(payload, arrival));
  expect(asSent).toBe(false);
  expect(faults).toEqual([expect.stringMatching(fault)]);
});

test("what decides first keeps the rest from failing", () => {
  expect(sql("EXISTS(missing) AND brand > 5")).toBe(false);
  expect(sql("size = 5 OR brand > 5")).toBe(true);
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
  ["sys.LockToken = 'a'", /'LockToken' is not supported/],
  ["_size = 5", /'_size = 5'/],
  [`${"(".repeat(60)}size = 5${")".repeat(60)}`, /nested more than 50/],
  [`${"NOT ".repeat(60)} size = 5`, /nested more than 50/],
  [`size = ${"-".repeat(60)}5`, /nested more than 50/],
  [`size = ${"1".repeat(1024)}`, /at most 1024 characters/],
])("is refused with its place: %s", (expression, message) => {
  expect(() => sql(expression)).toThrow(message);
});
