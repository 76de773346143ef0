import {
  type Context,
  context,
  type Link,
  type Meter,
  type Span as OtelSpan,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import { metrics } from "#shared/contracts/metrics.ts";
import type { Span, SpanRequest, Telemetry, TelemetryFacts } from "#shared/ports/telemetry.ts";

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

/** Whoever began the trace may not have recorded it; whether we do is for our own sampler to say. */
function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent ?? "") ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  const spanContext = { traceId, spanId, traceFlags: 1, isRemote: true };
  return trace.isSpanContextValid(spanContext) ? spanContext : undefined;
}

const traceparentOf = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;

/** The Functions host reports the request or message as such; ours are the spans below it. */
const spanKinds = { send: SpanKind.PRODUCER, call: SpanKind.CLIENT, work: SpanKind.INTERNAL } as const;

type Write = (value: number, facts: TelemetryFacts) => void;

function instrumentsOf(meter: Meter): ReadonlyMap<string, Write> {
  const entries = Object.entries(metrics).map(([name, { kind, unit, says }]): [string, Write] => {
    const options = { unit, description: says };
    if (kind === "sum") {
      const counter = meter.createCounter(name, options);
      return [name, (value, facts) => counter.add(value, facts)];
    }
    const instrument =
      kind === "level" ? meter.createGauge(name, options) : meter.createHistogram(name, options);
    return [name, (value, facts) => instrument.record(value, facts)];
  });
  return new Map(entries);
}

export interface OtelParts {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly flush: () => Promise<void>;
}

/** Telemetry by OpenTelemetry's own API, whatever exports it. */
export function createOtelTelemetry({ tracer, meter, flush }: OtelParts): Telemetry {
  const instruments = instrumentsOf(meter);
  return {
    span(request, work) {
      const parent = parentOf(request);
      const links = linksOf(request, parent);
      const options = { kind: spanKinds[request.kind], links, attributes: { ...request.facts } };
      return tracer.startActiveSpan(request.name, options, parent, async (span) => {
        try {
          return await work(ours(span));
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR, message: nameOf(error) });
          throw error;
        } finally {
          span.end();
        }
      });
    },
    record: (metric, value, facts = {}) => instruments.get(metric)?.(value, facts),
    flush: () => flush().catch(() => undefined),
  };
}

function parentOf({ parent }: SpanRequest): Context {
  const spanContext = spanContextOf(parent);
  return spanContext === undefined ? context.active() : trace.setSpanContext(context.active(), spanContext);
}

/** What the span is under way in, if that is not its parent, is worth a link too: the host's own span of a message. */
function linksOf({ links = [] }: SpanRequest, parent: Context): Link[] {
  const parentId = trace.getSpanContext(parent)?.spanId;
  return links
    .map(spanContextOf)
    .filter((linked): linked is SpanContext => linked !== undefined && linked.spanId !== parentId)
    .map((linked) => ({ context: linked }));
}

const ours = (span: OtelSpan): Span => ({
  traceparent: traceparentOf(span.spanContext()),
  note: (facts) => void span.setAttributes({ ...facts }),
  fail: (reason) => void span.setStatus({ code: SpanStatusCode.ERROR, message: reason }),
});

/** The name of the error, not its message: that may hold an address. */
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");
