import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import { parseHostJson } from "#local/functions-host/app/host-json.ts";
import type { ServiceBusFunction } from "#local/functions-host/app/index-functions.ts";
import { messagesPerInstance } from "#local/functions-host/service-bus/concurrency.ts";

const on = (kind: { batches?: boolean; sessions?: boolean }): ServiceBusFunction => ({
  name: "f",
  triggerName: "t",
  retry: undefined,
  inputs: [],
  outputs: [],
  trigger: "serviceBus",
  connectionString: "",
  entity: { queue: "q" },
  binary: false,
  batches: false,
  sessions: false,
  autoComplete: undefined,
  ...kind,
});

const settings = (serviceBus: object) =>
  parseHostJson(JSON.stringify({ version: "2.0", extensions: { serviceBus } })).extensions.serviceBus;

test("without maxConcurrentCalls an instance takes sixteen messages per core, which also drives scaling", () => {
  expect(messagesPerInstance(on({}), settings({}))).toBe(16 * availableParallelism());
  expect(messagesPerInstance(on({}), settings({ maxConcurrentCalls: 5 }))).toBe(5);
});

test("sessions count by sessions and batches by messages", () => {
  const both = settings({ maxConcurrentCalls: 5 });

  expect(messagesPerInstance(on({ sessions: true }), both)).toBe(8);
  expect(messagesPerInstance(on({ batches: true }), both)).toBe(1000);
});
