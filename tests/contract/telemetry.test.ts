import { createMemoryTelemetry } from "../fakes/memory-telemetry.ts";
import { testTelemetry } from "./telemetry.contract.ts";

testTelemetry("in memory", () => {
  const telemetry = createMemoryTelemetry();
  return Promise.resolve({
    telemetry,
    spans: () => telemetry.spans.map((span) => ({ ...span, failed: span.failure !== undefined })),
    values: () => telemetry.values,
    stop: () => Promise.resolve(),
  });
});
