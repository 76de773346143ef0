import { z } from "zod";
import type { TelemetryReceiver } from "../fakes/telemetry-receiver.ts";
import type { SeenSpan, SeenValue } from "./telemetry.contract.ts";

/** The parts of OTLP/HTTP in JSON (opentelemetry-proto, JSON mapping) that tests look at. */
const Attributes = z.array(
  z.object({
    key: z.string(),
    value: z.object({
      stringValue: z.string().optional(),
      intValue: z.coerce.number().optional(),
      doubleValue: z.number().optional(),
      boolValue: z.boolean().optional(),
    }),
  }),
);

const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              attributes: Attributes,
              links: z.array(z.object({ spanId: z.string() })).default([]),
              status: z.object({ code: z.number().optional() }).default({}),
            }),
          ),
        }),
      ),
    }),
  ),
});

const Points = z.object({
  dataPoints: z.array(
    z.object({
      attributes: Attributes,
      asDouble: z.number().optional(),
      asInt: z.coerce.number().optional(),
      sum: z.number().optional(),
    }),
  ),
});

const Values = z.object({
  resourceMetrics: z.array(
    z.object({
      scopeMetrics: z.array(
        z.object({
          metrics: z.array(
            z.object({
              name: z.string(),
              sum: Points.optional(),
              gauge: Points.optional(),
              histogram: Points.optional(),
            }),
          ),
        }),
      ),
    }),
  ),
});

const factsOf = (attributes: z.infer<typeof Attributes>): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

const bodiesAt = (receiver: TelemetryReceiver, path: string): unknown[] =>
  receiver.requests.filter((request) => request.path === path).map(({ body }) => JSON.parse(body));

export const otlpSpans = (receiver: TelemetryReceiver): SeenSpan[] =>
  bodiesAt(receiver, "/v1/traces").flatMap((body) =>
    Traces.parse(body)
      .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
      .flatMap(({ spans }) => spans)
      .map(({ name, traceId, spanId, parentSpanId, attributes, links, status }) => ({
        name,
        traceId,
        spanId,
        parentId: parentSpanId === "" ? undefined : parentSpanId,
        links: links.map((link) => link.spanId),
        facts: factsOf(attributes),
        failed: status.code === 2,
      })),
  );

export const otlpValues = (receiver: TelemetryReceiver): SeenValue[] =>
  bodiesAt(receiver, "/v1/metrics").flatMap((body) =>
    Values.parse(body)
      .resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics }) => metrics)
      .flatMap(
        ({ name, sum, gauge, histogram }) =>
          (sum ?? gauge ?? histogram)?.dataPoints.map((point) => ({
            metric: name,
            value: point.asDouble ?? point.asInt ?? point.sum ?? Number.NaN,
            facts: factsOf(point.attributes),
          })) ?? [],
      ),
  );
