import { AsyncLocalStorage } from "node:async_hooks";
import type { MetricName } from "#shared/contracts/metrics.ts";
import type { SpanRequest, Telemetry, TelemetryFacts } from "#shared/ports/telemetry.ts";

export interface RecordedSpan {
  readonly name: string;
  readonly kind: SpanRequest["kind"];
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  /** Span ids. */
  readonly links: readonly string[];
  readonly facts: TelemetryFacts;
  readonly failure: string | undefined;
}

export interface RecordedValue {
  readonly metric: MetricName;
  readonly value: number;
  readonly facts: TelemetryFacts;
}

/** Telemetry that a test can read. Spans are there when they have ended. */
export interface MemoryTelemetry extends Telemetry {
  readonly spans: readonly RecordedSpan[];
  readonly values: readonly RecordedValue[];
}

const partsOf = (traceparent: string | undefined): { traceId: string; spanId: string } | undefined => {
  const [, traceId, spanId] = traceparent?.split("-") ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
};

export function createMemoryTelemetry(): MemoryTelemetry {
  const spans: RecordedSpan[] = [];
  const values: RecordedValue[] = [];
  const underWay = new AsyncLocalStorage<{ traceId: string; spanId: string }>();
  let ids = 0;
  const nextId = (digits: number): string => (++ids).toString(16).padStart(digits, "0");
  return {
    spans,
    values,
    async span(request, work) {
      const parent = partsOf(request.parent) ?? underWay.getStore();
      const own = { traceId: parent?.traceId ?? nextId(32), spanId: nextId(16) };
      let facts = { ...request.facts };
      let failure: string | undefined;
      const links = (request.links ?? []).flatMap((link) => partsOf(link)?.spanId ?? []);
      try {
        return await underWay.run(own, () =>
          work({
            traceparent: `00-${own.traceId}-${own.spanId}-01`,
            note: (more) => void (facts = { ...facts, ...more }),
            fail: (reason) => void (failure = reason),
          }),
        );
      } catch (error) {
        failure = error instanceof Error ? error.name : "unknown";
        throw error;
      } finally {
        spans.push({
          name: request.name,
          kind: request.kind,
          ...own,
          parentId: parent?.spanId,
          links: links.filter((id) => id !== parent?.spanId),
          facts,
          failure,
        });
      }
    },
    record: (metric, value, facts = {}) => void values.push({ metric, value, facts }),
    flush: () => Promise.resolve(),
  };
}
