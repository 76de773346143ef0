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
const MINUTE = 60_000;
/** Shorter than a broker remembers what it has seen, so that a message that is sent again is known as such. */
const SOON_OVER = { withinMs: MINUTE / 2, remindBeforeMs: MINUTE / 2 };

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

/** One order and everybody who has to do with it. */
class OrderWorld {
  readonly #app: MemoryApp;
  readonly #parked: unknown[] = [];
  readonly #heardOf = new Set<string>();
  readonly #story: Story;
  readonly #order: Order;
  readonly #interleaving: Interleaving;
  #supply: number;

  constructor(story: Story, choose: Choose) {
    const { token = "tok_visa", available = 10 } = story;
    this.#story = story;
    const app = createMemoryApp();
    this.#app = story.unanswered === true ? { ...app, answerTimes: SOON_OVER } : app;
    this.#interleaving = new Interleaving(choose);
    this.#supply = available;
    this.#app.stock.setAvailable(SKU, available);
    const [line] = anOrderRequest().lines;
    // Two lines of one SKU: only together they may be too many.
    const lines = [1, 1].map((quantity) => ({ ...line!, sku: SKU, quantity }));
    const request = anOrderRequest({ lines, payment: { token } });
    this.#order = placeOrder("pancake-palace", "checkout-1", request, { at: this.#at() });
  }

  async live(): Promise<Rest> {
    const { twice = false, cancelled = false, delivered = 0, handedOver = false } = this.#story;
    const [app, order, interleaving] = [this.#app, this.#order, this.#interleaving];
    app.orders.put(order);
    app.outbox.publishSoon(order);
    await app.outbox.drain();
    if (handedOver) await this.#noteVendor();
    if (twice) this.#deliver(app.bus.arrived[0]?.body, true);
    const at = this.#at();
    if (cancelled) this.#people((deps) => cancelOrder(deps, refOf(order), undefined, { at }));
    if (delivered > 0) this.#restock(delivered);
    const deliverAll = (): void => {
      for (const { body } of app.bus.take("stock")) this.#deliver(body, false);
      this.#react();
    };
    do {
      await interleaving.run(deliverAll);
      await this.#runTimers();
      deliverAll();
    } while (interleaving.isBusy);
    return await this.#rest();
  }

  readonly #at = (): string => new Date(this.#app.system.now()).toISOString();

  #deliver(body: unknown, repeated: boolean): void {
    this.#interleaving.spawn(
      (step) => handle(this.#app, step, body, repeated),
      (ending) => {
        const comesAgain =
          ending.kind === "died" || (ending.kind === "failed" && ending.error instanceof TransientFault);
        if (comesAgain) this.#deliver(body, true);
        else if (ending.kind === "failed") this.#parked.push(ending.error);
      },
    );
  }

  /** Somebody at the other end of HTTP; gets no answer when the process dies, and then asks again. */
  #people(act: (deps: ReturnType<typeof processOf>) => Promise<unknown>): void {
    this.#interleaving.spawn(
      async (step) => {
        const deps = processOf(this.#app, step);
        await act(deps);
        await deps.outbox.drain();
      },
      ({ kind }) => {
        if (kind === "died") this.#people(act);
      },
    );
  }

  /** The timers outlive whoever died, and come again. */
  async #runTimers(): Promise<void> {
    const { system, outbox } = this.#app;
    system.advance(MINUTE);
    if (this.#story.unanswered === true) await followUpQuestions(this.#app, system.now());
    await outbox.drain();
    await sweepOutbox(this.#app, system.now());
  }

  /** Customer, clock and vendor each act once on what they hear of. */
  #react(): void {
    for (const { messageId, target, subject, body } of this.#app.bus.arrived) {
      if (target !== "notifications" || this.#heardOf.has(messageId)) continue;
      this.#heardOf.add(messageId);
      if (subject === "order.attention-needed.v1") this.#ask(OrderEvent.parse(body).data.question ?? 1);
      if (subject === "order.confirmed.v1" && this.#story.handedOver === true) {
        const vendor = { vendorId: "vendor-mill", orderId: this.#order.id };
        const at = this.#at();
        this.#people((deps) => handOverOrder(deps, vendor, { at }));
      }
    }
  }

  #ask(question: number): void {
    const { answers = [], unanswered = false } = this.#story;
    const answer = answers[question - 1] ?? answers.at(-1);
    const at = this.#at();
    if (answer !== undefined) {
      const name = { ...refOf(this.#order), question, expiresAtMs: Number.MAX_SAFE_INTEGER };
      this.#people((deps) => answerQuestion(deps, name, answer, { at }));
    }
    if (unanswered) {
      void this.#noteQuestion(question);
      const atTheEnd = this.#app.system.now() + SOON_OVER.withinMs;
      this.#people((deps) => followUpQuestions(deps, atTheEnd));
    }
  }

  /** The vendor was told of the order; only then it can hand anything over. */
  async #noteVendor(): Promise<void> {
    const notice = {
      event: "order.confirmed.v1",
      channel: "vendor-webhook",
      recipient: "vendor-mill",
    } as const;
    await this.#app.ledger.createIfAbsent(newDelivery(refOf(this.#order), notice, this.#order.createdAt));
  }

  /** The customer has the mail that asks; no order ends for a question that never arrived. */
  async #noteQuestion(question: number): Promise<void> {
    const about = { event: "order.attention-needed.v1", question } as const;
    const notice = { ...about, channel: "customer-email", recipient: "customer" } as const;
    const mail = newDelivery(refOf(this.#order), notice, this.#order.createdAt);
    await this.#app.ledger.createIfAbsent({ ...mail, state: "delivered" });
  }

  #restock(pieces: number): void {
    const { stock } = this.#app;
    const receive = (): Promise<void> => {
      this.#supply += pieces;
      stock.setAvailable(SKU, stock.available(SKU) + pieces);
      return Promise.resolve();
    };
    this.#interleaving.spawn((step) => step({ receive }).receive());
  }

  async #rest(): Promise<Rest> {
    const { stock, orders, payments, bus } = this.#app;
    const [held, sold] = [stock.reserved(SKU), stock.sold(SKU)];
    const counted = stock.available(SKU) + held + sold;
    if (counted !== this.#supply) {
      throw new Error(`There were ${this.#supply} pieces, and now there are ${counted}`);
    }
    const news = bus.arrived.filter(({ target }) => target === "notifications");
    // What is published again after the broker has forgotten it comes under the same id; its consumers do not forget.
    const told = new Map(news.map(({ messageId, subject }) => [messageId, subject]));
    return {
      held,
      sold,
      app: this.#app,
      parked: this.#parked,
      order: (await orders.get(refOf(this.#order))) ?? this.#order,
      money: payments.effects.map(({ step }) => step),
      told: [...told.values()],
    };
  }
}

/** Places one order and lets everything happen in the course of events, until nothing is left to do. */
export const live = (story: Story, choose: Choose): Promise<Rest> => new OrderWorld(story, choose).live();
