import { MeterProvider } from "@opentelemetry/sdk-metrics";
import { NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { resourceFromAttributes } from "@opentelemetry/resources";
import type { OtelParts } from "./otel-telemetry.ts";
import type { Exporters } from "./exporters.ts";

/** OpenTelemetry by itself, where there is no Azure Monitor. Registered globally, so that flows keep their span. */
export function startOpenTelemetry(
  service: string,
  { spanProcessors, metricReaders }: Exporters,
): OtelParts & { readonly stop: () => Promise<void> } {
  const resource = resourceFromAttributes({ "service.name": service });
  const traces = new NodeTracerProvider({ resource, spanProcessors });
  traces.register();
  const values = new MeterProvider({ resource, readers: metricReaders });
  return {
    tracer: traces.getTracer("expedite"),
    meter: values.getMeter("expedite"),
    async flush() {
      await Promise.all([traces.forceFlush(), values.forceFlush()]);
    },
    async stop() {
      await Promise.all([traces.shutdown(), values.shutdown()]);
    },
  };
}
