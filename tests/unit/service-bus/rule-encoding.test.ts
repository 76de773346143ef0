import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeRule, encodeRule } from "#local/service-bus/amqp/management/rule-encoding.ts";
import { BrokerError } from "#local/service-bus/errors.ts";
import { encodeValue } from "#local/service-bus/wire/encode.ts";
import type { AmqpMap, AmqpValue } from "#local/service-bus/wire/values.ts";
import { int, list, mapOf, nothing, text } from "#local/service-bus/wire/values.ts";

const NO_ACTION = "00800000013700000005d00000000400000000";

const hex = (description: AmqpMap): string =>
  encodeValue(encodeRule({ ...decodeRule("r", description), createdAt: 0 })).toString("hex");

test("rules travel as described lists with the service's numbers", () => {
  const all = hex(mapOf({ "sql-filter": mapOf({ expression: text("1=1") }) }));
  expect(all).toMatch(/^00800000013700000004d0/);
  expect(all).toContain("00800000001370000007d00000000400000000");
  expect(all).toContain(NO_ACTION);
  expect(all).toContain("a10172");
  expect(hex(mapOf({ "sql-filter": mapOf({ expression: text("1=0") }) }))).toContain("00800000001370000008");

  const sql = hex(
    mapOf({
      "sql-filter": mapOf({ expression: text("a=1") }),
      "sql-rule-action": mapOf({ expression: text("SET b=2") }),
    }),
  );
  expect(sql).toContain("00800000001370000006");
  expect(sql).toContain("00800000013700000006");
  expect(sql).toContain(Buffer.from("SET b=2").toString("hex"));
});

test("a correlation filter keeps its nine places, the last a map even when it is empty", () => {
  const plain = encodeRule({
    ...decodeRule("r", mapOf({ "correlation-filter": mapOf({ label: text("l"), to: nothing }) })),
    createdAt: 0,
  });
  const described = (value: AmqpValue): AmqpValue => (value.type === "described" ? value.value : value);
  const parts = described(plain);
  const filter = parts.type === "list" ? described(parts.value[0] ?? nothing) : nothing;
  expect(filter).toEqual(
    list([nothing, nothing, nothing, nothing, text("l"), nothing, nothing, nothing, mapOf({})]),
  );
});

test.each([
  ["no filter", mapOf({})],
  ["a filter that is no map", mapOf({ "sql-filter": text("1=1") })],
  ["a SQL filter without expression", mapOf({ "sql-filter": mapOf({}) })],
  ["a correlation filter that names nothing", mapOf({ "correlation-filter": mapOf({}) })],
  ["a label that is a number", mapOf({ "correlation-filter": mapOf({ label: int(1) }) })],
  [
    "a property that is a list",
    mapOf({ "correlation-filter": mapOf({ properties: mapOf({ a: list([]) }) }) }),
  ],
])("%s is refused", (_, description) => {
  expect(() => decodeRule("r", description)).toThrow(BrokerError);
});

test("no description makes the decoder fail in another way", () => {
  const value = fc.letrec<{ any: AmqpValue }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom<AmqpValue>(
        nothing,
        text("x"),
        text("a = 1"),
        int(1),
        { type: "timestamp", value: 9e15 },
        { type: "char", value: 0xffffffff },
        { type: "double", value: Number.NaN },
      ),
      fc
        .dictionary(
          fc.constantFrom("expression", "properties", "parameters", "label", "to", "__proto__", "a"),
          tie("any"),
        )
        .map(mapOf),
      fc.array(tie("any"), { maxLength: 2 }).map(list),
    ),
  })).any;
  const description = fc
    .dictionary(
      fc.constantFrom("sql-filter", "correlation-filter", "sql-rule-action", "true-filter"),
      fc.oneof(value, fc.constant(mapOf({ expression: text("a = 1") }))),
    )
    .map(mapOf);
  let understood = 0;
  fc.assert(
    fc.property(description, (map) => {
      try {
        encodeValue(encodeRule({ ...decodeRule("r", map), createdAt: 0 }));
        understood++;
      } catch (error) {
        if (!(error instanceof BrokerError) || error.code !== "invalid") throw error;
      }
    }),
    { numRuns: 3000 },
  );
  expect(understood).toBeGreaterThan(50);
});
