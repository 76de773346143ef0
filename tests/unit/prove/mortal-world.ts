import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { type QueueName, queueNames } from "#shared/contracts/topology.ts";
import type { Answer } from "#shared/domain/question.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";
import { Breaker } from "#shared/use-cases/breaker.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import { createMemoryBudgets } from "../../fakes/memory-budgets.ts";
import { call, deliver, registered, runTimer, useApp } from "../bindings/the-functions.ts";

/**
 * Dies at the `call`-th call of a port that is made in the whole world, before or after it took effect; where that one is made
 * by nobody who lives, at the next one.
 */
export interface Death {
  readonly call: number;
  readonly phase: "before" | "after";
}

const died = Symbol("died");
const MINUTE = 60_000;
/** More than any order here needs: it runs in circles. */
const MOST_ROUNDS = 400;
/** What notifications and outboxes depend on; others may come and go. */
const TIMERS = registered
  .map(({ name }) => name)
  .filter((name) => ["sweep-outbox", "release-held", "follow-up-questions"].includes(name));

/**
 * The app's real functions on ports in memory, in one process after the other: a process that dies over a port call never
 * runs again, no catch and no finally either; its messages come again, and what it had in memory is gone.
 */
export class MortalWorld {
  readonly stores: MemoryApp = createMemoryApp();
  /** Port calls so far. */
  calls = 0;
  deaths = 0;
  readonly #deathsToCome: Death[] = [];
  #process = this.#start();
  #given: { readonly queue: QueueName; readonly message: OutgoingMessage; count: number }[] = [];

  constructor(deaths: readonly Death[] = []) {
    this.#deathsToCome.push(...deaths);
  }

  /** Posts until somebody answers with 202, and answers the order's id. */
  async place(request: OrderRequest): Promise<string> {
    const headers = {
      authorization: `Bearer ${KEYS.storefront}`,
      "content-type": "application/json",
      "idempotency-key": "checkout-1",
    };
    const body = JSON.stringify(request);
    return await this.#untilDone(async () => {
      const answer = await call("post-order", { headers, body });
      if (answer.status !== 202) throw new Error(`post-order answered ${answer.status}`);
      return String(Object(answer.body)["id"]);
    });
  }

  async cancel(id: string): Promise<void> {
    const headers = { authorization: `Bearer ${KEYS.storefront}` };
    await this.#untilDone(async () => {
      const { status } = await call("post-cancellation", { headers, params: { id } });
      if (status !== 202) throw new Error(`post-cancellation answered ${status}`);
    });
  }

  /** Gives the customer's answer by the link of the order that waits for one. */
  async answer(answer: Answer): Promise<void> {
    const { orders, links } = this.stores;
    const token = orders.all.map((order) => links.urlFor(order)?.split("/").at(-1)).find(Boolean);
    if (token === undefined) throw new Error("Nobody was asked anything");
    const headers = { "content-type": "application/json" };
    await this.#untilDone(async () => {
      const { status } = await call("post-answer", {
        headers,
        params: { token },
        body: JSON.stringify(answer),
      });
      if (status !== 202) throw new Error(`post-answer answered ${status}`);
    });
  }

  /** Of one vendor, about the one order. */
  async handOver(orderId: string, key: string): Promise<void> {
    const headers = { authorization: `Bearer ${key}` };
    await this.#untilDone(async () => {
      const { status } = await call("post-handover", { headers, params: { id: orderId } });
      if (status !== 200) throw new Error(`post-handover answered ${status}`);
    });
  }

  /** Lets everything happen, and the time pass, until nothing is left to do. */
  async rest(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      await this.#handOutAll();
      if (this.#isAtRest()) return;
      await this.aMinute();
    }
    throw new Error("It never comes to rest");
  }

  /** What is due is handled, a minute passes, and the timers run. A timer that fails runs again next time. */
  async aMinute(): Promise<void> {
    await this.#handOutAll();
    this.stores.system.advance(MINUTE);
    for (const name of TIMERS) await this.#live(() => runTimer(name)).catch(() => undefined);
  }

  #isAtRest(): boolean {
    const { orders, ledger, bus } = this.stores;
    return (
      this.#given.length === 0 &&
      bus.nextDueMs() === undefined &&
      orders.all.every(({ pendingSince }) => pendingSince === undefined) &&
      ledger.all.every(({ state }) => ["delivered", "superseded", "parked"].includes(state))
    );
  }

  async #handOutAll(): Promise<void> {
    for (;;) {
      for (const queue of queueNames) {
        const due = this.stores.bus.take(queue).map((message) => ({ queue, message, count: 1 }));
        this.#given.push(...due);
      }
      const next = this.#given.shift();
      if (next === undefined) return;
      const { queue, message, count } = next;
      const ended = await this.#live(() => deliver(queue, message, count)).catch(() => "thrown");
      // A parked copy throws on purpose, and the broker takes it away in the end.
      if (ended === died || (ended === "thrown" && message.properties?.["parked"] !== true)) {
        this.#given.push({ ...next, count: count + 1 });
        // Here it comes again with the next minute, not at once.
        if (ended === "thrown") return;
      }
    }
  }

  async #untilDone<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      const result = await this.#live(work);
      if (result !== died) return result;
    }
  }

  /** Work, and what it starts in the background, to its end or to the death of the process. */
  async #live<T>(work: () => Promise<T>): Promise<T | typeof died> {
    const { outbox, ended } = this.#process;
    const result = await Promise.race([work(), ended]);
    if (result !== died) await Promise.race([outbox.drain(), ended]);
    if (this.#process.isAlive()) return result;
    this.#process = this.#start();
    return result;
  }

  #start() {
    const { promise: ended, resolve: end } = Promise.withResolvers<typeof died>();
    let isAlive = true;
    const kill = (): Promise<never> => {
      isAlive = false;
      this.deaths++;
      end(died);
      return new Promise(() => undefined);
    };
    const forever = new Promise<never>(() => undefined);
    const mortal = <T extends object>(port: T): T =>
      new Proxy(port, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name);
          if (typeof member !== "function") return member;
          return async (...args: unknown[]): Promise<unknown> => {
            if (!isAlive) return await forever;
            const number = this.calls++;
            const isDue = (this.#deathsToCome[0]?.call ?? Infinity) <= number;
            const death = isDue ? this.#deathsToCome.shift() : undefined;
            if (death?.phase === "before") return await kill();
            try {
              // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was just seen to be a function
              return await (Reflect.apply(member as () => unknown, target, args) as Promise<unknown>);
            } finally {
              if (death?.phase === "after") {
                if (isAlive) await kill();
                else this.#deathsToCome.unshift(death);
              }
              if (!isAlive) await forever;
            }
          };
        },
      });
    const { stores } = this;
    const { log, system, ratesPerSecond } = stores;
    const [orders, bus, circuits] = [mortal(stores.orders), mortal(stores.bus), mortal(stores.circuits)];
    const outbox = new OutboxPublisher({ orders, bus, log });
    const budgets = createMemoryBudgets(system);
    const policy = { openMs: 30_000, openCapMs: 300_000 };
    const breaker = new Breaker({ circuits, budgets, system, log, policy, ratesPerSecond });
    useApp({
      ...stores,
      orders,
      bus,
      circuits,
      breaker,
      outbox,
      ledger: mortal(stores.ledger),
      directory: mortal(stores.directory),
      stock: mortal(stores.stock),
      payments: mortal(stores.payments),
      mailer: mortal(stores.mailer),
      webhooks: mortal(stores.webhooks),
    });
    return { outbox, ended, isAlive: () => isAlive };
  }
}
