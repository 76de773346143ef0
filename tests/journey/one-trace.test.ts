import { afterAll, expect, test } from "vitest";
import { queueNames } from "#shared/contracts/topology.ts";
import { alarmKinds } from "#shared/contracts/watch.ts";
import { otlpSpans, otlpValues } from "../contract/otlp-seen.ts";
import { startTelemetryReceiver, type TelemetryReceiver } from "../fakes/telemetry-receiver.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";

let receiver: TelemetryReceiver;
const cloud = useCloud({
  settings: async () => {
    receiver = await startTelemetryReceiver();
    return { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, WATCH_SCHEDULE: "*/2 * * * * *" };
  },
});

afterAll(() => receiver.stop());

test("through real processes, one trace leads from the storefront's own span to the mail and the webhook", async () => {
  const { place } = cloud();
  const traceId = "5e0c63257de34c5bac1f7d5d0ae2cf9f";
  // Telemetry begins after the app takes orders: the first ones may go by before it.
  const spansOf = () => otlpSpans(receiver).filter((span) => span.traceId === traceId);
  await eventually(async () => {
    const answer = await fetch(`${place.functions}/api/orders`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${place.keys.storefront["pancake-palace"]}`,
        "content-type": "application/json",
        "idempotency-key": `trace-${Date.now()}`,
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify(place.samples["pancake-palace"]),
    });
    expect(answer.status).toBe(202);
    await eventually(() => {
      const names = spansOf().map(({ name }) => name);
      for (const name of ["post-order", "payments.capture", "mail.send", "webhook.post"])
        expect(names).toContain(name);
    }, 12_000);
  }, 40_000);

  const spans = spansOf();
  const above = (id: string | undefined): string[] => {
    const span = spans.find(({ spanId }) => spanId === id);
    return span === undefined ? [] : [span.name, ...above(span.parentId)];
  };
  const posts = spans.filter(({ name }) => name === "webhook.post").map(({ spanId }) => above(spanId));
  expect(posts).toContainEqual([
    "webhook.post",
    "handle vendor-webhook",
    "send vendor-webhook",
    "handle vendor-notices",
    "send notifications",
    "handle stock",
    "send inventory",
    "post-order",
  ]);
});

test("the metrics of the same orders arrive", async () => {
  await eventually(() => {
    const metrics = otlpValues(receiver).map(({ metric }) => metric);
    for (const metric of ["orders.accepted", "order.time_to_confirmed", "delivery.time_to_told"])
      expect(metrics).toContain(metric);
  }, 40_000);
});

test("the watch looks into the real queues: ages of every consumer, and alarms that are silent", async () => {
  await eventually(() => {
    const values = otlpValues(receiver);
    const watched = values.filter(({ metric }) => metric === "backlog.oldest_age");
    expect(new Set(watched.map(({ facts }) => facts["consumer"]))).toEqual(
      new Set([...queueNames, "outbox"]),
    );
    const ringing = values.filter(({ metric }) => metric === "alarm.ringing");
    expect(new Set(ringing.map(({ facts }) => facts["kind"]))).toEqual(new Set(alarmKinds));
  }, 40_000);
});

test("nothing of what was sent or logged holds a name, an address, a payment token or a key", () => {
  const { place, events } = cloud();
  const sample = place.samples["pancake-palace"];
  if (sample === undefined) throw new Error("The order of the first test was a sample");
  const { customer, shippingAddress, payment } = sample;
  const personal = [customer.email, customer.name, shippingAddress.line1, payment.token];
  const keys = Object.values(place.keys).flatMap((byOwner) => Object.values(byOwner));
  const told = JSON.stringify([receiver.requests.map(({ body }) => body), events]);
  expect(told.length).toBeGreaterThan(10_000);
  expect([...personal, ...keys].filter((secret) => told.includes(secret))).toEqual([]);
});
