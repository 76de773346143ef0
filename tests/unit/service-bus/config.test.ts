import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { defaults, timingOf } from "#local/service-bus/broker/description.ts";
import { ConfigFault, readConfig } from "#local/service-bus/config/read-config.ts";
import { parseRelaxedJson } from "#local/service-bus/config/relaxed-json.ts";

const sample = readFileSync(new URL("../../emulator/service-bus/Config.json", import.meta.url), "utf8");

test("the official format gives entities with their properties and defaults", () => {
  const entities = readConfig(sample);
  expect(entities.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
    "queue work",
    "queue failed",
    "queue per-customer",
    "topic orders",
    "subscription orders/Subscriptions/typed",
    "subscription orders/Subscriptions/by-sql",
    "subscription orders/Subscriptions/all",
  ]);
  expect(entities[0]?.description).toMatchObject({
    lockDuration: "PT1M",
    maxDeliveryCount: 3,
    forwardTo: undefined,
    forwardDeadLetteredMessagesTo: "failed",
    enableBatchedOperations: true,
  });
  expect(entities[4]?.rules).toEqual([
    {
      name: "by-properties",
      action: undefined,
      filter: {
        kind: "correlation",
        system: { contentType: "application/json", subject: "placed" },
        application: {
          total: { type: "long", value: "12" },
          gift: { type: "boolean", value: "true" },
          brand: { type: "string", value: "a // b" },
        },
      },
    },
  ]);
});

test("the official emulator's smallest values and an editor's $schema are taken", () => {
  const properties = { DuplicateDetectionHistoryTimeWindow: "PT5S", LockDuration: "PT5S" };
  const namespace = { Name: "sbemulatorns", Queues: [{ Name: "q", Properties: properties }], Topics: [] };
  const file = { $schema: "Config-schema.json", UserConfig: { Namespaces: [namespace] } };
  const [queue] = readConfig(JSON.stringify(file));
  expect(queue?.description.duplicateDetectionHistoryTimeWindow).toBe("PT5S");
  expect(() => timingOf({ ...defaults, ...queue?.description })).not.toThrow();
});

test("sizes and counts beyond the official emulator's are fine", () => {
  const queues = Array.from({ length: 60 }, (_, index) => ({
    Name: `q-${index}`,
    Properties: { DefaultMessageTimeToLive: "P14D", MaxDeliveryCount: 2000 },
  }));
  expect(
    readConfig(JSON.stringify({ UserConfig: { Namespaces: [{ Name: "n", Queues: queues }] } })),
  ).toHaveLength(60);
});

const withQueue = (properties: object): string =>
  JSON.stringify({
    UserConfig: { Namespaces: [{ Name: "n", Queues: [{ Name: "q", Properties: properties }] }] },
  });
const withRule = (properties: object): string =>
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: "n",
          Topics: [
            { Name: "t", Subscriptions: [{ Name: "s", Rules: [{ Name: "r", Properties: properties }] }] },
          ],
        },
      ],
    },
  });
const QUEUE = "UserConfig.Namespaces[0].Queues[0]";
const RULE = "UserConfig.Namespaces[0].Topics[0].Subscriptions[0].Rules[0].Properties";

test.each([
  ["", "This is no JSON"],
  ['{\n  "UserConfig": {,}\n}', "line 2 column 18"],
  ["{}", "UserConfig: "],
  ['{"UserConfig":{"Namespaces":[]}}', "UserConfig.Namespaces: must hold one namespace"],
  [
    withQueue({ LockDuration: "PT10M" }),
    `${QUEUE}.Properties.LockDuration: must be an ISO 8601 duration from PT5S to PT5M, not 'PT10M'`,
  ],
  [withQueue({ LockDuration: 60 }), `${QUEUE}.Properties.LockDuration: must be an ISO 8601 duration`],
  [withQueue({ MaxDeliveryCount: 0 }), `${QUEUE}.Properties.MaxDeliveryCount: `],
  [withQueue({ MaxDeliveryCount: 5000 }), "must be from 1 to 2000, not 5000"],
  [withQueue({ RequiresSession: "yes" }), `${QUEUE}.Properties.RequiresSession: `],
  [
    withQueue({ MaxDelivery: 3 }),
    `${QUEUE}.Properties: unknown: MaxDelivery; allowed: DefaultMessageTimeToLive`,
  ],
  [
    withQueue({ ForwardTo: "nowhere" }),
    `${QUEUE}.Properties.ForwardTo: there is no queue or topic 'nowhere'`,
  ],
  [withQueue({ Status: "Off" }), "Active"],
  [withRule({ FilterType: "Sql" }), `${RULE}.SqlFilter: is missing, though FilterType is Sql`],
  [withRule({ FilterType: "Regex" }), `${RULE}.FilterType: `],
  [
    withRule({ FilterType: "Sql", SqlFilter: { SqlExpression: "a >" } }),
    `${RULE}.SqlFilter: The SQL expression cannot be understood: the end`,
  ],
  [
    withRule({ FilterType: "Correlation", CorrelationFilter: {} }),
    `${RULE}.CorrelationFilter: A correlation filter must name at least one property`,
  ],
  [
    withRule({ FilterType: "Sql", SqlFilter: { SqlExpression: "1=1" }, Action: { SqlExpression: "DROP" } }),
    `${RULE}.Action: The SQL expression cannot be understood: 'DROP'`,
  ],
  [
    sample.replace('"failed" }', '"WORK" }'),
    "UserConfig.Namespaces[0].Queues[1].Name: 'WORK' is already the name of UserConfig.Namespaces[0].Queues[0]",
  ],
])("a mistake is told with its place (%#)", (source, message) => {
  expect(() => readConfig(source)).toThrow(message);
});

test("all mistakes are told at once", () => {
  const source = withQueue({ LockDuration: "1m", MaxDeliveryCount: -1, Speed: 3 });
  expect(() => readConfig(source)).toThrow(/LockDuration.*\n.*MaxDeliveryCount.*\n.*unknown: Speed/);
});

test("comments and trailing commas change nothing, in texts they are text", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value, null, 1);
      const noted = json.replaceAll("\n", ' // a " note\n/* and, another } */ ');
      expect(parseRelaxedJson(`\uFEFF// first\n${noted} // last`)).toEqual(JSON.parse(json));
    }),
  );
  expect(() => parseRelaxedJson("[,]")).toThrow(SyntaxError);
  expect(parseRelaxedJson('{"a": [1, 2, ], "b": "x, ] // y", }')).toEqual({ a: [1, 2], b: "x, ] // y" });
});

test("no text makes the reader fail in another way, or hang", () => {
  const fragments = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "//",
    "/*",
    "*/",
    "\n",
    '"UserConfig"',
    "1",
    "\\",
  );
  fc.assert(
    fc.property(fc.array(fragments, { maxLength: 40 }), (parts) => {
      expect(() => readConfig(parts.join(""))).toThrow(ConfigFault);
    }),
  );
  expect(() => readConfig(`"${"a".repeat(1_000_000)}`)).toThrow(ConfigFault);
});
