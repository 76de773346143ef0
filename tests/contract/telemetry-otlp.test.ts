import { expect, test } from "vitest";
import { exportersTo } from "#shared/adapters/telemetry/exporters.ts";
import { startOpenTelemetry } from "#shared/adapters/telemetry/open-telemetry.ts";
import { createOtelTelemetry } from "#shared/adapters/telemetry/otel-telemetry.ts";
import { startTelemetryReceiver } from "../fakes/telemetry-receiver.ts";
import { otlpSpans, otlpValues } from "./otlp-seen.ts";
import { testTelemetry } from "./telemetry.contract.ts";

const printed: { event: string; facts: Readonly<Record<string, unknown>> }[] = [];

testTelemetry("OpenTelemetry to an OTLP receiver and the terminal", async () => {
  const receiver = await startTelemetryReceiver();
  const parts = startOpenTelemetry(
    "expedite-test",
    exportersTo({
      otlpEndpoint: `${receiver.url}/`,
      print: (event, facts) => void printed.push({ event, facts }),
    }),
  );
  return {
    telemetry: createOtelTelemetry(parts),
    spans: () => otlpSpans(receiver),
    values: () => otlpValues(receiver),
    async stop() {
      await parts.stop();
      await receiver.stop();
    },
  };
});

test("the terminal is told the same: a line per span and per value, failures marked", () => {
  const spans = printed.filter(({ event }) => event === "span").map(({ facts }) => facts);
  expect(spans).toContainEqual(expect.objectContaining({ name: "work-1", queue: "stock", outcome: "done" }));
  expect(spans).toContainEqual(expect.objectContaining({ name: "broken-6", failed: "TypeError" }));
  const values = printed.filter(({ event }) => event === "metric").map(({ facts }) => facts);
  expect(values).toContainEqual({
    name: "orders.refused",
    unit: "{order}",
    value: 1,
    reason: "invalid",
    status: 422,
  });
});
