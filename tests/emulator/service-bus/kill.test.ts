import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Topology } from "#shared/contracts/topology.ts";
import { startBroker } from "./killable-broker.ts";
import { newClient, queue } from "./open-bus.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tests bring queues of their own
const topology = { queues: [queue("work", { maxDeliveryCount: 2000 })], topics: [] } as unknown as Topology;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("killed under load again and again, it loses nothing acknowledged and brings nothing completed back", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-kill-"));
  onTestFinished(() => rm(dataFolder, { recursive: true, force: true }));
  const acknowledged = new Set<string>();
  const attempted = new Set<string>();
  // A completion whose answer the kill swallowed may or may not have happened.
  const completing = new Set<string>();
  const completed = new Set<string>();
  const cameBack: string[] = [];
  const sequences = new Map<number, string>();
  const repeated: number[] = [];
  let broker = await startBroker(dataFolder, topology);
  let next = 0;

  for (let round = 0; round < 4; round++) {
    const client = newClient(broker.connectionString, {
      maxRetries: 0,
      retryDelayInMs: 50,
      timeoutInMs: 1000,
    });
    const sender = client.createSender("work");
    const receiver = client.createReceiver("work");
    const killed = new AbortController();
    const publishers = Array.from({ length: 8 }, async () => {
      while (!killed.signal.aborted) {
        const id = `m-${next++}`;
        attempted.add(id);
        try {
          await sender.sendMessages(
            next % 5 === 0 ? [{ body: 1, messageId: id }] : { body: 1, messageId: id },
          );
          acknowledged.add(id);
        } catch {
          // What is not acknowledged may have happened or not.
        }
      }
    });
    receiver.subscribe(
      {
        async processMessage(message) {
          const id = String(message.messageId);
          if (completed.has(id)) cameBack.push(id);
          const sequence = message.sequenceNumber?.toNumber() ?? 0;
          if ((sequences.get(sequence) ?? id) !== id) repeated.push(sequence);
          sequences.set(sequence, id);
          if (Math.random() < 0.3) return;
          completing.add(id);
          await receiver.completeMessage(message);
          completed.add(id);
        },
        processError: async () => undefined,
      },
      { maxConcurrentCalls: 16, autoCompleteMessages: false },
    );
    const enough = acknowledged.size + 30;
    // However slow the machine is, there is something to lose.
    await expect.poll(() => acknowledged.size, { timeout: 10_000 }).toBeGreaterThan(enough);
    await pause(Math.random() * 300);
    killed.abort();
    await broker.kill();
    // Elsewhere: the clients of this round find nobody any more, and nobody waits for them.
    broker = await startBroker(dataFolder, topology);
    void Promise.all(publishers);
  }

  const receiver = newClient(broker.connectionString).createReceiver("work", {
    receiveMode: "receiveAndDelete",
  });
  const left: string[] = [];
  for (let batch = await receiver.receiveMessages(500, { maxWaitTimeInMs: 500 }); batch.length > 0;) {
    left.push(...batch.map((message) => String(message.messageId)));
    batch = await receiver.receiveMessages(500, { maxWaitTimeInMs: 500 });
  }

  expect(acknowledged.size).toBeGreaterThan(100);
  expect([...acknowledged].filter((id) => !completing.has(id) && !left.includes(id))).toEqual([]);
  expect(left.filter((id) => completed.has(id))).toEqual([]);
  expect(cameBack).toEqual([]);
  expect(repeated).toEqual([]);
  expect(left.filter((id) => !attempted.has(id))).toEqual([]);
}, 60_000);
