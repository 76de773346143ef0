import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { eventually, useHost } from "./host-under-test.ts";
import { queueHolds, useBus } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

test("in-process requests, messages, timers, hooks and outputs run as they do in workers, and stop with the host", async () => {
  const bus = await useBus();
  const clock = createHandClock(Date.UTC(2026, 0, 1, 11, 59, 50));
  const host = await useHost({
    inProcess: true,
    clock,
    settings: { Bus: bus.connectionString },
    appRoot: await useApp({
      "index.ts": `
        import { app, output } from "@azure/functions";
        const queue = output.serviceBusQueue({ connection: "Bus", queueName: "work" });
        app.hook.preInvocation((hook) => hook.invocationContext.log("before " + hook.invocationContext.functionName));
        app.hook.appTerminate(() => void globalThis.inProcessEnds?.());
        app.http("post", { methods: ["POST"], authLevel: "anonymous", extraOutputs: [queue], handler: async (request, context) => {
          context.extraOutputs.set(queue, { from: "request", text: await request.text() });
          return { status: 202 };
        } });
        app.timer("noon", { schedule: "0 0 12 * * *", return: queue, handler: () => ({ from: "timer" }) });
        app.serviceBusQueue("read", { connection: "Bus", queueName: "work", handler: (body, context) => {
          context.log("read " + JSON.stringify(body));
          if (body.from === "timer" && context.triggerMetadata.deliveryCount === 1) throw new Error("again, please");
        } });`,
    }),
  });
  const ended = Promise.withResolvers<void>();
  Object.assign(globalThis, { inProcessEnds: ended.resolve });

  const posted = await fetch(`${host.url}/api/post`, { method: "POST", body: "hello" });
  await clock.advance(20_000);
  const said = () =>
    host.lines.filter(({ event }) => event === "function log").map(({ facts }) => String(facts["message"]));
  await eventually(() =>
    said().filter((message) => message.startsWith("read")).length >= 3 ? true : undefined,
  );
  await queueHolds(bus, 0, 0);
  await host.stop();
  await ended.promise;

  expect(posted.status).toBe(202);
  expect(said().toSorted()).toEqual([
    "before noon",
    "before post",
    "before read",
    "before read",
    "before read",
    'read {"from":"request","text":"hello"}',
    'read {"from":"timer"}',
    'read {"from":"timer"}',
  ]);
});
