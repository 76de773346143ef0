import { SpanStatusCode } from "@opentelemetry/api";
import { ExportResultCode } from "@opentelemetry/core";
import { AggregationTemporality, type PushMetricExporter } from "@opentelemetry/sdk-metrics";
import type { SpanExporter } from "@opentelemetry/sdk-trace-node";

export type PrintLine = (event: string, facts: Readonly<Record<string, unknown>>) => void;

/** A line per span that ended. */
export const terminalSpans = (print: PrintLine): SpanExporter => ({
  export(spans, done) {
    for (const span of spans) {
      const { name, attributes, duration, status } = span;
      const { traceId, spanId } = span.spanContext();
      const ms = Math.round(duration[0] * 1000 + duration[1] / 1e6);
      const failed = status.code === SpanStatusCode.ERROR ? { failed: status.message ?? true } : {};
      const ids = { trace: traceId, span: spanId, in: span.parentSpanContext?.spanId };
      print("span", { name, ms, ...attributes, ...failed, ...ids });
    }
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the tracing SDK brings its own copy of the same enum
    done({ code: ExportResultCode.SUCCESS });
  },
  shutdown: () => Promise.resolve(),
});

/** A line per metric and its facts, with what has come together since the last one. */
export const terminalMetrics = (print: PrintLine): PushMetricExporter => ({
  export({ scopeMetrics }, done) {
    for (const { descriptor, dataPoints } of scopeMetrics.flatMap((scope) => scope.metrics)) {
      for (const { attributes, value } of dataPoints) {
        const told =
          typeof value === "number"
            ? { value }
            : { count: value.count, sum: "sum" in value ? value.sum : undefined };
        print("metric", { name: descriptor.name, unit: descriptor.unit, ...told, ...attributes });
      }
    }
    done({ code: ExportResultCode.SUCCESS });
  },
  selectAggregationTemporality: () => AggregationTemporality.DELTA,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
});
