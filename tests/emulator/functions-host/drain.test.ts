import { expect, test } from "vitest";
import { z } from "zod";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { type BusUnderTest, counts, queueHolds, useBus } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

const Status = z.object({ state: z.string(), outstandingInvocations: z.int(), outstandingRetries: z.int() });

/** One function for requests, one for messages; the latter takes as many milliseconds as its message says. */
async function useDrainableApp(): Promise<{ host: HostUnderTest; bus: BusUnderTest }> {
  const bus = await useBus();
  const appRoot = await useApp({
    "index.ts": `
      import { app } from "@azure/functions";
      app.http("answer", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ body: "here" }) });
      app.serviceBusQueue("worker", { connection: "Bus", queueName: "work", handler: async ({ ms }, context) => {
        context.log("began");
        await new Promise((resolve) => setTimeout(resolve, ms));
        context.log("ended");
      } });`,
  });
  return { bus, host: await useHost({ appRoot, settings: { Bus: bus.connectionString } }) };
}

const administer = (host: HostUnderTest, method: string, path: string): Promise<Response> =>
  fetch(`${host.url}/admin/host/${path}`, { method, headers: { "x-functions-key": host.masterKey } });

const drainStatus = async (host: HostUnderTest) =>
  Status.parse(await (await administer(host, "GET", "drain/status")).json());

const times = (host: HostUnderTest, message: string): number =>
  host.lines.filter(({ facts }) => facts["message"] === message).length;

const began = (host: HostUnderTest, count: number): Promise<true> =>
  eventually(() => (times(host, "began") >= count ? true : undefined));

test("a drained host finishes its messages, takes no more, and still answers requests; resumed it goes on", async () => {
  const { host, bus } = await useDrainableApp();
  const sender = bus.client.createSender("work");
  await sender.sendMessages({ body: { ms: 1500 } });
  await began(host, 1);

  const drained = await administer(host, "POST", "drain");
  const during = await drainStatus(host);
  await sender.sendMessages({ body: { ms: 0 } });
  const answered = await fetch(`${host.url}/api/answer`);
  await eventually(async () => ((await drainStatus(host)).state === "Completed" ? true : undefined));
  const left = await counts(bus);

  expect([drained.status, answered.status]).toEqual([202, 200]);
  expect(during).toEqual({ state: "InProgress", outstandingInvocations: 1, outstandingRetries: 0 });
  expect([times(host, "began"), times(host, "ended"), left]).toEqual([1, 1, [1, 0]]);
  await administer(host, "POST", "resume");
  await queueHolds(bus, 0, 0);
  expect(times(host, "ended")).toBe(2);
});

test("a drain that is called off before it is over stays called off", async () => {
  const { host, bus } = await useDrainableApp();
  await bus.client.createSender("work").sendMessages({ body: { ms: 1500 } });
  await began(host, 1);

  await administer(host, "POST", "drain");
  await administer(host, "POST", "resume");
  const resumed = await drainStatus(host);
  await eventually(() => (times(host, "ended") === 1 ? true : undefined));
  await queueHolds(bus, 0, 0);

  expect(resumed.state).toBe("Disabled");
  expect((await drainStatus(host)).state).toBe("Disabled");
});
