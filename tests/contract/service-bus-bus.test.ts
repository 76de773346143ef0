import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { type RunningServiceBus, startServiceBus } from "#local/service-bus/index.ts";
import { createServiceBusBus } from "#shared/adapters/service-bus/service-bus-bus.ts";
import { queueNames, topology } from "#shared/contracts/topology.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";

/** What the adapter promises beyond the port: few connections, and no failure that outlives its cause. */

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "expedite-bus-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

async function startBroker(dataFolder: string, amqpPort = 0): Promise<RunningServiceBus> {
  const broker = await startServiceBus({
    dataFolder,
    clock: realClock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "RootManageSharedAccessKey", key: "for-tests-only", claims: ["Manage"] }],
    topology,
  });
  onTestFinished(() => broker.stop());
  return broker;
}

function connectTo(broker: Pick<RunningServiceBus, "connectionString">): ServiceBusClient {
  const retryOptions = { maxRetries: 1, retryDelayInMs: 50, timeoutInMs: 2000 };
  const client = new ServiceBusClient(broker.connectionString, { retryOptions });
  onTestFinished(() => client.close());
  return client;
}

const aMessage = (messageId: string, body: unknown = {}): OutgoingMessage => ({
  messageId,
  subject: "delivery.due.v1",
  correlationId: "ord_1",
  body,
});

const idsIn = async (client: ServiceBusClient, count: number): Promise<unknown[]> => {
  const received = await client.createReceiver("vendor-email").receiveMessages(count);
  return received.map(({ messageId }) => messageId);
};

test("all topics and queues share one connection", async () => {
  const client = connectTo(await startBroker(await newFolder()));
  let connections = 0;
  const bus = createServiceBusBus(() => {
    connections++;
    return Promise.resolve(client);
  });
  await Promise.all(queueNames.map((queue) => bus.send(queue, [aMessage("to everybody")])));
  expect(connections).toBe(1);
});

test("a client that could not be made is made anew for the next message", async () => {
  const client = connectTo(await startBroker(await newFolder()));
  let attempts = 0;
  const bus = createServiceBusBus(() => {
    attempts++;
    return attempts === 1 ? Promise.reject(new Error("no token today")) : Promise.resolve(client);
  });
  await expect(bus.send("vendor-email", [aMessage("first")])).rejects.toMatchObject({
    name: "TransientFault",
  });
  await bus.send("vendor-email", [aMessage("second")]);
  expect(await idsIn(client, 1)).toEqual(["second"]);
});

test("a message that is too large is a permanent fault of its own call, and the others arrive", async () => {
  const client = connectTo(await startBroker(await newFolder()));
  const bus = createServiceBusBus(() => Promise.resolve(client));
  const tooLarge = aMessage("too large", "x".repeat(2_000_000));
  const sends = [aMessage("before"), aMessage("beside"), tooLarge, aMessage("after")].map((message) =>
    bus.send("vendor-email", [message]),
  );
  const results = await Promise.allSettled(sends);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
  await expect(sends[2]).rejects.toMatchObject({ name: "PermanentFault", reason: "MessageTooLarge" });
  expect(await idsIn(client, 3)).toEqual(["before", "beside", "after"]);
});

test("while the broker is down a send is a transient fault, and once it is back the next one arrives", async () => {
  const folder = await newFolder();
  const broker = await startBroker(folder);
  const bus = createServiceBusBus(() => Promise.resolve(connectTo(broker)));
  await bus.send("vendor-email", [aMessage("before")]);
  await broker.stop();
  await expect(bus.send("vendor-email", [aMessage("during")])).rejects.toMatchObject({
    name: "TransientFault",
  });
  await startBroker(folder, broker.amqpPort);
  await bus.send("vendor-email", [aMessage("during")]);
  expect(await idsIn(connectTo(broker), 2)).toEqual(["before", "during"]);
});

/** Takes connections, and never says a word. */
async function startMuteServer(): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, "127.0.0.1");
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return address.port;
}

test("a connection on which nothing is answered is given up, and the messages arrive on another one", async () => {
  const broker = await startBroker(await newFolder());
  const mute = `127.0.0.1:${await startMuteServer()}`;
  const addresses = [broker.connectionString.replace(/localhost:\d+/, mute), broker.connectionString];
  const bus = createServiceBusBus(
    () => Promise.resolve(connectTo({ connectionString: addresses.shift() ?? "" })),
    { callTakesAtMostMs: 300 },
  );
  await bus.send("vendor-email", [aMessage("one"), aMessage("two")]);
  expect(await idsIn(connectTo(broker), 2)).toEqual(["one", "two"]);
  expect(addresses).toEqual([]);
});
