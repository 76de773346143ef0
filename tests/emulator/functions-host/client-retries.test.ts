import { expect, test } from "vitest";
import { eventually, useHost } from "./host-under-test.ts";
import { jsonMessage, useScriptedBroker } from "./scripted-broker.ts";
import { useApp } from "./use-app.ts";

test("clientRetryOptions say how long a listener waits before it asks a lost broker again, not how failed messages come back", async () => {
  const clientRetryOptions = { mode: "fixed", delay: "00:00:04" };
  const broker = await useScriptedBroker();
  const appRoot = await useApp({
    "host.json": JSON.stringify({ version: "2.0", extensions: { serviceBus: { clientRetryOptions } } }),
    "index.ts": `
      import { app } from "@azure/functions";
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", handler: () => undefined });`,
  });
  const host = await useHost({ appRoot, settings: { Bus: broker.connectionString } });
  const settled = (count: number) =>
    eventually(() => (broker.settled.length === count ? true : undefined), 15_000);
  await broker.deliver([jsonMessage("m1", {})]);
  await settled(1);

  await broker.kill();
  await eventually(() => host.lines.find(({ event }) => event === "listener down"));
  const back = performance.now();
  await broker.restart();
  await broker.deliver([jsonMessage("m2", {})]);
  await settled(2);

  expect(performance.now() - back).toBeGreaterThan(2500); // without: half a second
});
