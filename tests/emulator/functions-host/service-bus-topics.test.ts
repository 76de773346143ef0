import { expect, test } from "vitest";
import { eventually, useHost } from "./host-under-test.ts";
import { said, saidTimes, useBus } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

const forms = [
  ["one by one", {}],
  ["many at a time", { cardinality: "many" }],
  ["in sessions", { isSessionsEnabled: true }],
  ["in sessions, many at a time", { cardinality: "many", isSessionsEnabled: true }],
] as const;

test.for(forms)(
  "a topic's subscription feeds a function %s, and what it has handled is gone",
  async ([, options]) => {
    const bus = await useBus();
    const sessions = "isSessionsEnabled" in options;
    await bus.admin.createTopic("events");
    await bus.admin.createSubscription("events", "all", { requiresSession: sessions });
    const messages = ["a", "b", "c"].map((body) => ({ body, ...(sessions ? { sessionId: "s-1" } : {}) }));
    await bus.client.createSender("events").sendMessages(messages);
    const host = await useHost({
      appRoot: await useApp({
        "host.json": '{ "version": "2.0", "extensions": { "serviceBus": { "maxMessageBatchSize": 10 } } }',
        "index.ts": `
        import { app } from "@azure/functions";
        const options = ${JSON.stringify(options)};
        app.serviceBusTopic("consumer", { ...options, connection: "Bus", topicName: "events", subscriptionName: "all", handler: (input, context) => {
          for (const body of [input].flat()) context.log(JSON.stringify({ body, batch: Array.isArray(input) }));
        } });`,
      }),
      settings: { Bus: bus.connectionString },
    });

    await saidTimes(host, 3);

    const batch = "cardinality" in options;
    const bodies = said<{ body: string; batch: boolean }>(host).toSorted((a, b) =>
      a.body.localeCompare(b.body),
    );
    expect(bodies).toEqual(["a", "b", "c"].map((body) => ({ body, batch })));
    await eventually(async () => {
      const left = await bus.admin.getSubscriptionRuntimeProperties("events", "all");
      return left.activeMessageCount + left.deadLetterMessageCount === 0 ? true : undefined;
    });
  },
);
