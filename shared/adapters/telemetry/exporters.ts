import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { type MetricReader, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BatchSpanProcessor, SimpleSpanProcessor, type SpanProcessor } from "@opentelemetry/sdk-trace-node";
import { type PrintLine, terminalSpans, terminalMetrics } from "./terminal.ts";

const EXPORT_METRICS_EVERY_MS = 15_000;
const EXPORT_TAKES_AT_MOST_MS = 5_000;

export interface ExportTargets {
  /** Base address of an OTLP/HTTP receiver. */
  readonly otlpEndpoint: string | undefined;
  /** Prints one line per span and metric. */
  readonly print: PrintLine | undefined;
}

export interface Exporters {
  readonly spanProcessors: SpanProcessor[];
  readonly metricReaders: MetricReader[];
}

const readerOf = (
  exporter: ConstructorParameters<typeof PeriodicExportingMetricReader>[0]["exporter"],
): MetricReader =>
  new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: EXPORT_METRICS_EVERY_MS,
    exportTimeoutMillis: EXPORT_TAKES_AT_MOST_MS,
  });

/** Where spans and metrics go beside Azure Monitor. */
export function exportersTo({ otlpEndpoint, print }: ExportTargets): Exporters {
  const spanProcessors: SpanProcessor[] = [];
  const metricReaders: MetricReader[] = [];
  if (otlpEndpoint !== undefined) {
    const base = otlpEndpoint.replace(/\/+$/, "");
    const timeoutMillis = EXPORT_TAKES_AT_MOST_MS;
    spanProcessors.push(
      new BatchSpanProcessor(new OTLPTraceExporter({ url: `${base}/v1/traces`, timeoutMillis })),
    );
    metricReaders.push(readerOf(new OTLPMetricExporter({ url: `${base}/v1/metrics`, timeoutMillis })));
  }
  if (print !== undefined) {
    spanProcessors.push(new SimpleSpanProcessor(terminalSpans(print)));
    metricReaders.push(readerOf(terminalMetrics(print)));
  }
  return { spanProcessors, metricReaders };
}
