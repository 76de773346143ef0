import type { Order } from "#shared/contracts/order.ts";
import { Breaker } from "#shared/use-cases/breaker.ts";
import { mailCircuit } from "#shared/use-cases/notify/send-mail.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { anOrder } from "../../builders/orders.ts";
import { createMemoryApp } from "../../fakes/memory-app.ts";
import { createMemoryBudgets } from "../../fakes/memory-budgets.ts";
import type { World } from "./simulate.ts";

const template = anOrder({ status: "confirmed" });

/** As the store would answer it, without keeping a hundred thousand of them. */
export const anyOrder = (id: string, at: string): Order => ({ ...template, id, updatedAt: at });

/**
 * Makes instances of the app, as scaling out would: stores, circuits and the bus are shared by all, what an instance knows by
 * itself is its own.
 */
export function instanceMaker({ time, bus, provider }: World): () => object {
  const shared = createMemoryApp();
  const orders = {
    ...shared.orders,
    get: ({ brandId, orderId }: { readonly brandId: string; readonly orderId: string }) =>
      Promise.resolve({ ...anyOrder(orderId, template.updatedAt), brandId }),
  };
  const system = { now: () => time.now(), random: seededRandom(1) };
  const { circuits } = shared;
  const budgets = createMemoryBudgets(system);
  const ratesPerSecond = { [mailCircuit(provider)]: provider.perSecond };
  const policy = { openMs: 30_000, openCapMs: 300_000 };
  return () => {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    return {
      ...shared,
      orders,
      bus,
      log,
      system,
      mailer: provider,
      ratesPerSecond,
      breaker: new Breaker({ circuits, budgets, system, log, policy, ratesPerSecond }),
      outbox: new OutboxPublisher({ orders, bus, log }),
    };
  };
}

/** Mulberry32: the same course every time. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
