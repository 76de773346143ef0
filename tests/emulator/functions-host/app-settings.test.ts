import { expect, test } from "vitest";
import { eventually, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";
import { counts, queueHolds, said, saidTimes, useBus } from "./use-bus.ts";

test("%NAMES% stand for app settings in queues, topics, subscriptions, outputs and Service Bus connections, whatever their case", async () => {
  const bus = await useBus();
  await bus.admin.createTopic("events");
  await bus.admin.createSubscription("events", "all");
  await bus.admin.createQueue("acme-done");
  const appRoot = await useApp({
    "index.ts": `
      import { app, output } from "@azure/functions";
      const done = output.serviceBusQueue({ connection: "%WHICH%", queueName: "%TENANT%-done" });
      app.serviceBusQueue("queue", { connection: "%WHICH%", queueName: "%work.queue%", return: done, handler: (body, context) => { context.log('"queue"'); return body; } });
      app.serviceBusTopic("topic", { connection: "%which%", topicName: "%TOPIC%", subscriptionName: "%SUBSCRIPTION%", handler: (_body, context) => context.log('"topic"') });`,
  });
  const settings = {
    WHICH: "Bus",
    Bus: bus.connectionString,
    tenant: "acme",
    "Work.Queue": "work",
    TOPIC: "events",
    SUBSCRIPTION: "all",
  };
  const host = await useHost({ appRoot, settings });
  await bus.client.createSender("work").sendMessages({ body: "x" });
  await bus.client.createSender("events").sendMessages({ body: "y" });

  await saidTimes(host, 2);
  await eventually(async () => ((await counts(bus, "acme-done"))[0] === 1 ? true : undefined));

  expect(new Set(said(host))).toEqual(new Set(["queue", "topic"]));
});

test.for(["AzureWebJobs.off.Disabled", "AzureWebJobs_off_Disabled", "azurewebjobs.OFF.disabled"])(
  "%s = true: the function's messages stay in their queue, its neighbours run",
  async (name) => {
    const bus = await useBus();
    await bus.admin.createQueue("other");
    const appRoot = await useApp({
      "index.ts": `
        import { app } from "@azure/functions";
        const handler = (body, context) => context.log(JSON.stringify(body));
        app.serviceBusQueue("off", { connection: "Bus", queueName: "work", handler });
        app.serviceBusQueue("on", { connection: "Bus", queueName: "other", handler });`,
    });
    const host = await useHost({ appRoot, settings: { Bus: bus.connectionString, [name]: "true" } });
    await bus.client.createSender("work").sendMessages({ body: "for nobody" });
    await bus.client.createSender("other").sendMessages({ body: "for somebody" });

    await saidTimes(host, 1);

    expect(said(host)).toEqual(["for somebody"]);
    await queueHolds(bus, 1, 0);
  },
);

test("a retry policy on an http function is left out of account, and one line says so", async () => {
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      let calls = 0;
      app.http("once", { methods: ["GET"], authLevel: "anonymous", retry: { strategy: "fixedDelay", delayInterval: 1000, maxRetryCount: 3 },
        handler: () => { calls += 1; throw new Error(String(calls)); } });`,
  });
  const host = await useHost({ appRoot });

  expect((await fetch(`${host.url}/api/once`)).status).toBe(500);
  expect(host.lines.filter(({ event }) => event === "retry policy ignored")).toHaveLength(1);
  expect(host.lines.filter(({ event }) => event === "invocation failed")).toHaveLength(1);
});

test("an identity-based connection stops the start, with one line that says what is needed instead", async () => {
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      app.serviceBusQueue("q", { connection: "Bus", queueName: "work", handler: () => undefined });`,
  });
  const settings = { Bus__fullyQualifiedNamespace: "shop.servicebus.windows.net" };

  await expect(useHost({ appRoot, settings })).rejects.toThrow(
    'connection "Bus" is identity based (Bus__…); this host needs a connection string in the app setting "Bus"',
  );
});
