import { OrderEvent } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { placeOrder } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { Answer } from "#shared/domain/question.ts";
import { answerQuestion } from "#shared/use-cases/answer-question.ts";
import { cancelOrder } from "#shared/use-cases/cancel-order.ts";
import { followUpQuestions } from "#shared/use-cases/follow-up-questions.ts";
import { handOverOrder } from "#shared/use-cases/hand-over-order.ts";
import { newDelivery } from "#shared/use-cases/notify/new-delivery.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { OutboxPublisher, sweepOutbox } from "#shared/use-cases/publish-outbox.ts";
import { returnOrder } from "#shared/use-cases/return-order.ts";
import { sellOrder } from "#shared/use-cases/sell-order.ts";
import { anOrderRequest, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";
import { type Choose, Interleaving, type Stepping } from "./interleaving.ts";

export interface Story {
  /** Somebody cancels the order, at any moment. */
  readonly cancelled?: boolean;
  /** The placed message is handed out twice at the same time, because a lock was lost. */
  readonly twice?: boolean;
  readonly token?: string;
  /** Free pieces of the goods that the order wants two of. */
  readonly available?: number;
  /** Pieces that come in at any moment. */
  readonly delivered?: number;
  /** What the customer answers to each question, at any moment after it was asked; the last one to all further ones. */
  readonly answers?: readonly Answer[];
  /** The time for every question runs out, at any moment after it was asked. */
  readonly unanswered?: boolean;
  /** The vendor hands over, at any moment after the order was confirmed. */
  readonly handedOver?: boolean;
}

/** How it all came to rest. */
export interface Rest {
  readonly order: Order;
  readonly app: MemoryApp;
  /** Steps of the payment that counted, in order. */
  readonly money: readonly string[];
  /** Pieces of the wanted goods that are held, and that are gone for good. */
  readonly held: number;
  readonly sold: number;
  /** Events that customers and vendors were told of. */
  readonly told: readonly string[];
  /** Messages that ended as dead letters. */
  readonly parked: readonly unknown[];
}

const SKU = "PANCAKE-MIX";
const DAY_MS = 24 * 60 * 60 * 1000;

/** The ports and the publisher as one process sees them. */
function processOf(app: MemoryApp, step: Stepping) {
  const [orders, bus, log] = [step(app.orders), step(app.bus), app.log];
  const outbox = new OutboxPublisher({ orders, bus, log });
  const { answerTimes } = app;
  return {
    orders,
    bus,
    log,
    outbox,
    answerTimes,
    ledger: step(app.ledger),
    stock: step(app.stock),
    payments: step(app.payments),
  };
}

/** One delivery of a message of the stock queue, as `functions/stock.ts` handles it. */
async function handle(app: MemoryApp, step: Stepping, body: unknown, repeated: boolean): Promise<void> {
  const deps = processOf(app, step);
  const { type, data } = OrderEvent.parse(body);
  const occasion = { at: new Date(app.system.now()).toISOString() };
  if (type === "order.placed.v1" || type === "order.answered.v1")
    await prepareOrder(deps, data, { occasion, repeated });
  if (type === "order.fulfilled.v1") await sellOrder(deps, data, occasion);
  if (type === "order.cancelled.v1") await returnOrder(deps, data, occasion);
  await deps.outbox.drain();
}

/** Places one order and lets everything happen in the course of events, until nothing is left to do. */
export async function live(story: Story, choose: Choose): Promise<Rest> {
  const { cancelled = false, twice = false, token = "tok_visa", available = 10, delivered = 0 } = story;
  const { answers = [], unanswered = false, handedOver = false } = story;
  const app = createMemoryApp();
  app.stock.setAvailable(SKU, available);
  let supply = available;
  const [line] = anOrderRequest().lines;
  // Two lines of one SKU: only together they may be too many.
  const lines = [1, 1].map((quantity) => ({ ...line!, sku: SKU, quantity }));
  const request = anOrderRequest({ lines, payment: { token } });
  const order = placeOrder("pancake-palace", "checkout-1", request, {
    at: new Date(app.system.now()).toISOString(),
  });
  app.orders.put(order);
  app.outbox.publishSoon(order);
  await app.outbox.drain();

  const interleaving = new Interleaving(choose);
  const parked: unknown[] = [];
  const deliver = (body: unknown, repeated: boolean): void =>
    interleaving.spawn(
      (step) => handle(app, step, body, repeated),
      (ending) => {
        const comesAgain =
          ending.kind === "died" || (ending.kind === "failed" && ending.error instanceof TransientFault);
        if (comesAgain) deliver(body, true);
        else if (ending.kind === "failed") parked.push(ending.error);
      },
    );
  /** Somebody at the other end of HTTP; gets no answer when the process dies, and then asks again. */
  const people = (act: (deps: ReturnType<typeof processOf>) => Promise<unknown>): void =>
    interleaving.spawn(
      async (step) => {
        const deps = processOf(app, step);
        await act(deps);
        await deps.outbox.drain();
      },
      ({ kind }) => {
        if (kind === "died") people(act);
      },
    );
  const heardOf = new Set<string>();
  /** Customer, clock and vendor each act once on what they hear of. */
  const react = (): void => {
    const news = app.bus.arrived.filter(
      ({ target, messageId }) => target === "notifications" && !heardOf.has(messageId),
    );
    for (const { messageId, subject, body } of news) {
      heardOf.add(messageId);
      const question = OrderEvent.parse(body).data.question ?? 1;
      const answer = answers[question - 1] ?? answers.at(-1);
      const at = new Date(app.system.now()).toISOString();
      if (subject === "order.attention-needed.v1" && answer !== undefined) {
        const name = { ...refOf(order), question, expiresAtMs: Number.MAX_SAFE_INTEGER };
        people((deps) => answerQuestion(deps, name, answer, { at }));
      }
      if (subject === "order.attention-needed.v1" && unanswered) {
        const atTheEnd = app.system.now() + 10 * DAY_MS;
        people((deps) => followUpQuestions(deps, atTheEnd));
      }
      if (subject === "order.confirmed.v1" && handedOver) {
        const vendor = { vendorId: "vendor-mill", orderId: order.id };
        people((deps) => handOverOrder(deps, vendor, { at }));
      }
    }
  };
  const deliverAll = (): void => {
    for (const { body } of app.bus.take("stock")) deliver(body, false);
    react();
  };
  if (handedOver) {
    const notice = {
      event: "order.confirmed.v1",
      channel: "vendor-webhook",
      recipient: "vendor-mill",
    } as const;
    await app.ledger.createIfAbsent(newDelivery(refOf(order), notice, order.createdAt));
  }

  if (twice) deliver(app.bus.arrived[0]?.body, true);
  if (cancelled) {
    const at = new Date(app.system.now()).toISOString();
    people((deps) => cancelOrder(deps, refOf(order), undefined, { at }));
  }
  if (delivered > 0) {
    interleaving.spawn(async (step) => {
      const receive = async (): Promise<void> => {
        supply += delivered;
        app.stock.setAvailable(SKU, app.stock.available(SKU) + delivered);
      };
      await step({ receive }).receive();
    });
  }
  do {
    await interleaving.run(deliverAll);
    // The timers outlive whoever died; the one that looks after questions comes when all of them are due.
    app.system.advance(unanswered ? 11 * DAY_MS : 60_000);
    if (unanswered) await followUpQuestions(app, app.system.now());
    await app.outbox.drain();
    await sweepOutbox(app, app.system.now());
    deliverAll();
  } while (interleaving.isBusy);

  const counted = app.stock.available(SKU) + app.stock.reserved(SKU) + app.stock.sold(SKU);
  if (counted !== supply) throw new Error(`There were ${supply} pieces, and now there are ${counted}`);
  return {
    app,
    parked,
    order: (await app.orders.get(refOf(order))) ?? order,
    money: app.payments.effects.map(({ step }) => step),
    held: app.stock.reserved(SKU),
    sold: app.stock.sold(SKU),
    // What is published again after the broker has forgotten it comes under the same id; its consumers do not forget.
    told: [
      ...new Map(
        app.bus.arrived
          .filter(({ target }) => target === "notifications")
          .map(({ messageId, subject }) => [messageId, subject]),
      ).values(),
    ],
  };
}
