import { OrderEvent } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { placeOrder } from "#shared/domain/order.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { cancelOrder } from "#shared/use-cases/cancel-order.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { OutboxPublisher, sweepOutbox } from "#shared/use-cases/publish-outbox.ts";
import { returnOrder } from "#shared/use-cases/return-order.ts";
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
}

/** How it all came to rest. */
export interface Rest {
  readonly order: Order;
  readonly app: MemoryApp;
  /** Steps of the payment that counted, in order. */
  readonly money: readonly string[];
  /** Pieces of the wanted goods that are held. */
  readonly held: number;
  /** Events that customers and vendors were told of. */
  readonly told: readonly string[];
  /** Messages that ended as dead letters. */
  readonly parked: readonly unknown[];
}

const SKU = "PANCAKE-MIX";

/** The ports and the publisher as one process sees them. */
function processOf(app: MemoryApp, step: Stepping) {
  const [orders, bus, log] = [step(app.orders), step(app.bus), app.log];
  const outbox = new OutboxPublisher({ orders, bus, log });
  const { answerTimes } = app;
  return { orders, bus, log, outbox, answerTimes, stock: step(app.stock), payments: step(app.payments) };
}

/** One delivery of a message of the stock queue, as `functions/stock.ts` handles it. */
async function handle(app: MemoryApp, step: Stepping, body: unknown, repeated: boolean): Promise<void> {
  const deps = processOf(app, step);
  const { type, data } = OrderEvent.parse(body);
  const occasion = { at: new Date(app.system.now()).toISOString() };
  if (type === "order.placed.v1") await prepareOrder(deps, data, { occasion, repeated });
  if (type === "order.cancelled.v1") await returnOrder(deps, data, occasion);
  await deps.outbox.drain();
}

/** Places one order and lets everything happen in the course of events, until nothing is left to do. */
export async function live(story: Story, choose: Choose): Promise<Rest> {
  const { cancelled = false, twice = false, token = "tok_visa", available = 10, delivered = 0 } = story;
  const app = createMemoryApp();
  app.stock.setAvailable(SKU, available);
  let supply = available;
  const [line] = anOrderRequest().lines;
  const request = anOrderRequest({ lines: [{ ...line!, sku: SKU, quantity: 2 }], payment: { token } });
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
  const deliverAll = (): void => {
    for (const { body } of app.bus.take("stock")) deliver(body, false);
  };

  if (twice) deliver(app.bus.arrived[0]?.body, true);
  if (cancelled) {
    interleaving.spawn(async (step) => {
      const deps = processOf(app, step);
      await cancelOrder(deps, refOf(order), undefined, { at: new Date(app.system.now()).toISOString() });
      await deps.outbox.drain();
    });
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
    app.system.advance(60_000);
    await sweepOutbox(app, app.system.now());
    deliverAll();
  } while (interleaving.isBusy);

  return {
    app,
    parked,
    order: (await app.orders.get(refOf(order))) ?? order,
    money: app.payments.effects.map(({ step }) => step),
    held: supply - app.stock.available(SKU),
    told: app.bus.arrived.filter(({ target }) => target === "notifications").map(({ subject }) => subject),
  };
}
