import type { Container, OperationInput } from "@azure/cosmos";
import type { ServiceBusClient } from "@azure/service-bus";
import { expect, test } from "vitest";
import { BulkWriter } from "#shared/adapters/cosmos/bulk-writer.ts";
import { faultOfStatus } from "#shared/adapters/http/faults.ts";
import { createServiceBusBus } from "#shared/adapters/service-bus/service-bus-bus.ts";
import { topology } from "#shared/contracts/topology.ts";
import { budgetsMs, decide } from "#shared/domain/retry.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { sweepOutbox } from "#shared/use-cases/publish-outbox.ts";
import { anOrder, anOrderRequest, noonPlus } from "../../builders/orders.ts";
import { createMemoryApp } from "../../fakes/memory-app.ts";
import { down, openMessageWorld } from "../bindings/message-world.ts";
import { MortalWorld } from "../prove/mortal-world.ts";

/** Mistakes that were found in shops and queues that many people use, one test each: none of them may ever be ours. */

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("trap: the result of a batch is not read. A message that a batch does not take goes into the next one", async () => {
  const batches: unknown[][] = [];
  const createMessageBatch = async () => {
    const messages: unknown[] = [];
    const tryAddMessage = (message: unknown) => messages.length < 2 && messages.push(message) > 0;
    return {
      messages,
      tryAddMessage,
      get count() {
        return messages.length;
      },
    };
  };
  const sendMessages = async ({ messages }: { messages: unknown[] }) => void batches.push(messages);
  const client = { createSender: () => ({ createMessageBatch, sendMessages }), close: async () => undefined };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the adapter calls nothing else
  const bus = createServiceBusBus(async () => client as unknown as ServiceBusClient);
  const messages = ["a", "b", "c", "d", "e"].map((messageId) => ({
    messageId,
    subject: "order.placed.v1",
    correlationId: "ord_1",
    body: {},
  }));
  await bus.send("inventory", messages);
  expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
});

test("trap: the status of a single write in a bulk is not read. The one that was refused fails, the others do not", async () => {
  const bulk = async (operations: readonly OperationInput[]) =>
    operations.map((_, position) => ({ statusCode: position === 0 ? 429 : 200 }));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer calls nothing else
  const writer = new BulkWriter({ items: { bulk } } as unknown as Container, { returnBodies: false });
  const write = (id: string) => writer.write({ operationType: "Read", id, partitionKey: id });
  await expect(write("first")).rejects.toBeInstanceOf(TransientFault);
  const [second, third] = await Promise.allSettled([write("second"), write("third")]);
  // The second went alone and was refused; both were told their own result.
  expect([second?.status, third?.status]).toEqual(["rejected", "rejected"]);
});

test("trap: the message is acknowledged in `finally`. When the retry cannot be sent, the message is given back", async () => {
  const { app, handle } = openMessageWorld();
  app.bus.breakDown("stock");
  await expect(handle(down)).rejects.toBeInstanceOf(TransientFault);
});

test("trap: an outbox entry in a state that nobody reads. Whatever was not published is found by the sweep", async () => {
  const { bus, system, orders } = createMemoryApp();
  const app = { ...createMemoryApp(), bus, orders };
  orders.put(anOrder());
  bus.breakDown("inventory", "notifications");
  await expect(sweepOutbox(app, system.now() + HOUR)).rejects.toThrow("Could not publish");
  bus.mend();
  expect(await sweepOutbox(app, system.now() + 2 * HOUR)).toEqual({ swept: 1 });
  expect(orders.all[0]).toMatchObject({ outbox: {} });
  expect(orders.all[0]?.pendingSince).toBeUndefined();
});

test("trap: one poisoned document blocks all. It is reported, and its neighbours are published", async () => {
  const app = createMemoryApp();
  const order = anOrder();
  app.orders.put(order);
  const pending = async () => ({ orders: [order], unreadable: ["ord_damaged"] });
  await sweepOutbox({ ...app, orders: { ...app.orders, pending } }, Date.parse(noonPlus(HOUR)));
  expect(app.bus.arrived.map(({ correlationId }) => correlationId)).toEqual([order.id, order.id]);
  expect(app.log.events("error")).toHaveLength(1);
});

test("trap: an error is swallowed before the work is enqueued. A vendor's notice that could not be sent is sent later", async () => {
  const world = new MortalWorld();
  const { bus } = world.stores;
  bus.breakDown("vendor-webhook");
  await world.place(anOrderRequest());
  for (let minute = 0; minute < 5; minute++) await world.aMinute();
  bus.mend();
  await world.rest();
  expect(world.stores.webhooks.received).toHaveLength(1);
});

test("trap: the retries end before any real outage does. After 23 hours of failures an order is still tried again", () => {
  for (const [kind, budgetMs] of Object.entries(budgetsMs)) {
    const failed = {
      failure: { kind: "transient", description: "answered 503" },
      attempt: 200,
      firstEnqueuedAtMs: 0,
      budgetMs,
      nowMs: 23 * HOUR,
      chance: 0.5,
    } as const;
    expect([kind, decide(failed, { baseMs: 10_000, capMs: 900_000 }).kind]).toEqual([kind, "retry"]);
  }
});

test.each([408, 425, 429, 500, 502, 503, 504])("trap: every 4xx is final. %i is tried again", (status) => {
  expect(faultOfStatus({ partner: "Mail", status })).toBeInstanceOf(TransientFault);
});

test.each([400, 413, 415, 422])("and what cannot get better is not: %i is final", (status) => {
  expect(faultOfStatus({ partner: "Mail", status })).toBeInstanceOf(PermanentFault);
});

test("trap: messages expire during the outage. They live longer than the longest budget", () => {
  const daysOf = (duration: string): number => Number(/^P(\d+)D$/.exec(duration)?.[1]);
  const longest = Math.max(...Object.values(budgetsMs)) / DAY;
  for (const { defaultMessageTimeToLive } of [...topology.queues, ...topology.topics]) {
    expect(daysOf(defaultMessageTimeToLive)).toBeGreaterThan(longest);
  }
});

test("trap: the id of a retry grows with every hop, and no repeat is recognised. It is the first id and a number", async () => {
  const { handle, metadata, metadataOf, anHourLater, app } = openMessageWorld();
  let facts = metadata();
  for (let hop = 1; hop <= 12; hop++) {
    await handle(down, facts);
    // The same message again, because the process died before it was complete: its copy is dropped as a repeat.
    await handle(down, facts);
    const [copy, ...repeats] = anHourLater();
    expect([copy?.messageId, repeats]).toEqual([`ord_1.v1-inventory:a${hop + 1}`, []]);
    facts = metadataOf(copy!);
  }
  expect(app.bus.arrived).toHaveLength(12);
});
