import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ServiceBusClient,
  ServiceBusReceivedMessage,
  ServiceBusReceiver,
  ServiceBusSender,
} from "@azure/service-bus";
import { expect, onTestFinished, test } from "vitest";
import type { Topology } from "#shared/contracts/topology.ts";
import { administration } from "./administration-client.ts";
import { type Broker, startBroker } from "./killable-broker.ts";
import { type Found, MessageModel, type Where } from "./message-model.ts";
import { newClient, queue } from "./open-bus.ts";

const HOUR = 3_600_000;
const ROUNDS = 4;
const noRetries = { maxRetries: 0, retryDelayInMs: 10, timeoutInMs: 1500 };
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests bring queues of their own
const topology = {
  queues: [queue("work", { maxDeliveryCount: 2000, requiresDuplicateDetection: true })],
  topics: [],
} as unknown as Topology;

type SequenceNumber = NonNullable<ServiceBusReceivedMessage["sequenceNumber"]>;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const chance = (share: number): boolean => Math.random() < share;

const asFound = (message: ServiceBusReceivedMessage, where: Where): Found => ({
  id: String(message.messageId),
  where,
  sequence: message.sequenceNumber?.toNumber() ?? 0,
  attempts: message.deliveryCount ?? 0,
});

/** Sends, schedules, cancels and repeats, until the broker is killed. */
async function publish(
  sender: ServiceBusSender,
  model: MessageModel,
  scheduled: Map<string, SequenceNumber>,
) {
  const choice = Math.random();
  if (choice < 0.15) {
    const [id = ""] = model.attempt(1, "scheduled");
    await model.move([id], "scheduled", 0, async () => {
      const at = new Date(Date.now() + HOUR);
      const [number] = await sender.scheduleMessages({ body: 1, messageId: id }, at);
      if (number !== undefined) scheduled.set(id, number);
    });
  } else if (choice < 0.25) {
    const [id, number] = [...scheduled][0] ?? [];
    if (id === undefined || number === undefined) return;
    scheduled.delete(id);
    await model.move([id], "gone", 0, () => sender.cancelScheduledMessages(number));
  } else if (choice < 0.35) {
    // A second copy of something that is there changes nothing.
    const id = model.surely("gone") ?? model.surely("active");
    if (id !== undefined) await sender.sendMessages({ body: 1, messageId: id });
  } else {
    const ids = model.attempt(chance(0.3) ? 4 : 1, "active");
    await model.move(ids, "active", 0, () =>
      sender.sendMessages(ids.map((messageId) => ({ body: 1, messageId }))),
    );
  }
}

/** Receives one message and does one of the things that can be done with it. */
async function consume(receiver: ServiceBusReceiver, model: MessageModel) {
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 50 });
  if (message === undefined) return;
  const id = String(message.messageId);
  model.observe(asFound(message, "active"), "work");
  const fate = Math.random();
  if (fate < 0.4) await model.move([id], "gone", 0, () => receiver.completeMessage(message));
  else if (fate < 0.6) await model.move([id], "active", 1, () => receiver.abandonMessage(message));
  else if (fate < 0.75) await model.move([id], "dead", 0, () => receiver.deadLetterMessage(message));
  else if (fate < 0.95) {
    await model.move([id], "deferred", 1, () => receiver.deferMessage(message));
    if (chance(0.5)) return;
    const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber!);
    await model.move([id], "gone", 0, () => receiver.completeMessage(deferred!));
  }
}

async function readAll(client: ServiceBusClient): Promise<Found[]> {
  const found: Found[] = [];
  for (const subQueueType of [undefined, "deadLetter"] as const) {
    const receiver = client.createReceiver("work", subQueueType === undefined ? {} : { subQueueType });
    for (;;) {
      const page = await receiver.peekMessages(200);
      if (page.length === 0) break;
      found.push(
        ...page.map((message) => asFound(message, subQueueType === undefined ? message.state : "dead")),
      );
    }
    await receiver.close();
  }
  return found;
}

/** Runs an action again and again until it fails after the kill. */
async function until(killed: AbortSignal, action: () => Promise<unknown>): Promise<void> {
  while (!killed.aborted) {
    try {
      await action();
    } catch (error) {
      if (!killed.aborted) throw error;
    }
  }
}

test("whatever is done and whenever the broker is killed, it shows what it acknowledged", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-model-"));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  let broker: Broker = await startBroker(dataFolder, topology);
  await administration({ server: broker }).createQueue("talks", { requiresSession: true });
  const model = new MessageModel();
  const states = new Set<unknown>([null]);
  let step = 0;
  const failures: unknown[] = [];

  for (let round = 0; round < ROUNDS; round++) {
    const client = newClient(broker.connectionString, noRetries);
    const scheduled = new Map<string, SequenceNumber>();
    const sender = client.createSender("work");
    const session = await client.acceptSession("talks", "a");
    const killed = new AbortController();
    const work = [
      ...Array.from({ length: 4 }, () => until(killed.signal, () => publish(sender, model, scheduled))),
      ...Array.from({ length: 4 }, () => {
        const receiver = client.createReceiver("work", { maxAutoLockRenewalDurationInMs: 0 });
        return until(killed.signal, () => consume(receiver, model));
      }),
      until(killed.signal, async () => {
        const state = ++step;
        states.add(state);
        await session.setSessionState(state);
        states.clear();
        states.add(state);
      }),
    ];
    for (const one of work) one.catch((error: unknown) => failures.push(error));
    const enough = model.size + 150 / ROUNDS;
    // However slow the machine is, there is something to lose.
    await expect.poll(() => model.size, { timeout: 10_000 }).toBeGreaterThan(enough);
    await pause(Math.random() * 400);
    killed.abort();
    await broker.kill();
    // What still waits for an answer gets none, and the client may take a minute to see it: the next broker listens elsewhere.
    broker = await startBroker(dataFolder, topology);
    const reader = newClient(broker.connectionString, noRetries);
    model.reconcile(await readAll(reader), "work");
    expect(model.violations).toEqual([]);
    const later = await reader.acceptSession("talks", "a");
    const state: unknown = await later.getSessionState();
    expect([...states]).toContain(state);
    states.clear();
    states.add(state);
    await reader.close();
  }
  expect(failures).toEqual([]);
  expect(model.size).toBeGreaterThan(100);
}, 60_000);
