import { z } from "zod";
import type { TelemetryReceiver } from "../fakes/telemetry-receiver.ts";
import type { SeenSpan, SeenValue } from "./telemetry.contract.ts";

/** The parts of Application Insights' envelopes (`/v2.1/track`) that tests look at. */
const Envelope = z.object({
  tags: z.record(z.string(), z.string()),
  data: z.object({
    baseType: z.string(),
    baseData: z.object({
      id: z.string().optional(),
      name: z.string().optional(),
      success: z.boolean().optional(),
      properties: z.record(z.string(), z.string()).default({}),
      metrics: z.array(z.object({ name: z.string(), value: z.number() })).default([]),
    }),
  }),
});
export type Envelope = z.infer<typeof Envelope>;

const Links = z.array(z.object({ operation_Id: z.string(), id: z.string() }));

export const envelopesAt = (receiver: TelemetryReceiver): Envelope[] =>
  receiver.requests
    .filter(({ path }) => path.endsWith("/track"))
    .flatMap(({ body }) => z.array(Envelope).parse(JSON.parse(body)));

export const azureSpans = (receiver: TelemetryReceiver): SeenSpan[] =>
  envelopesAt(receiver)
    .filter(({ data }) => ["RemoteDependencyData", "RequestData"].includes(data.baseType))
    .map(({ tags, data: { baseData } }) => {
      const { "_MS.links": links = "[]", ...facts } = baseData.properties;
      return {
        name: baseData.name ?? "",
        traceId: tags["ai.operation.id"] ?? "",
        spanId: baseData.id ?? "",
        parentId: tags["ai.operation.parentId"],
        links: Links.parse(JSON.parse(links)).map(({ id }) => id),
        facts,
        failed: baseData.success === false,
      };
    });

export const azureValues = (receiver: TelemetryReceiver): SeenValue[] =>
  envelopesAt(receiver)
    .filter(({ data }) => data.baseType === "MetricData")
    .flatMap(({ data: { baseData } }) =>
      baseData.metrics.map(({ name, value }) => ({ metric: name, value, facts: baseData.properties })),
    );
