import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { OrderStore } from "#shared/ports/order-store.ts";
import type { Span, Telemetry } from "#shared/ports/telemetry.ts";

type Method = (...args: readonly unknown[]) => Promise<unknown>;

/** The same port, with a span around each call of the outside world. Errors are its callers' as before. */
export function traced<P extends object>(telemetry: Telemetry, name: string, port: P): P {
  const wrapped = new Map<string, Method>();
  return new Proxy(port, {
    get(target, method, receiver) {
      const original: unknown = Reflect.get(target, method, receiver);
      if (typeof original !== "function" || typeof method !== "string") return original;
      const known = wrapped.get(method);
      if (known !== undefined) return known;
      const call: Method = (...args) =>
        telemetry.span({ name: `${name}.${method}`, kind: "call" }, async () => {
          const answer: unknown = await original.apply(target, args);
          return answer;
        });
      wrapped.set(method, call);
      return call;
    },
  });
}

/** Each message has a span of its own, in the trace that it carries, and carries that span on. */
export const tracedBus = (telemetry: Telemetry, bus: Bus): Bus => ({
  async send(target, messages) {
    const sent = Promise.withResolvers<void>();
    const carried: OutgoingMessage[] = [];
    const spans = messages.map((message) => {
      const parent = message.properties?.["traceparent"];
      const request = {
        name: `send ${target}`,
        kind: "send",
        parent: typeof parent === "string" ? parent : undefined,
        facts: { "messaging.message.id": message.messageId, "messaging.destination.name": target },
      } as const;
      return telemetry.span(request, async (span) => {
        carried.push(carrying(message, span));
        await sent.promise;
      });
    });
    // Every span has begun by now: what is sent carries them all.
    bus.send(target, carried).then(sent.resolve, sent.reject);
    await Promise.all([sent.promise, ...spans]);
  },
});

const carrying = (message: OutgoingMessage, { traceparent }: Span): OutgoingMessage =>
  traceparent === undefined ? message : { ...message, properties: { ...message.properties, traceparent } };

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;

/** Counts how long orders take from the POST to their confirmation. */
export const measuredOrders = (telemetry: Telemetry, orders: OrderStore): OrderStore => ({
  ...orders,
  async transition(previous, next) {
    const saved = await orders.transition(previous, next);
    if (saved.ok && next.status === "confirmed" && previous.status !== "confirmed") {
      const seconds = secondsBetween(next.createdAt, next.updatedAt);
      telemetry.record("order.time_to_confirmed", seconds, { brand: next.brandId });
    }
    return saved;
  },
});

/** Counts how long deliveries take and how many attempts they need. */
export const measuredLedger = (telemetry: Telemetry, ledger: DeliveryLedger): DeliveryLedger => ({
  ...ledger,
  async change(delivery, changes, condition) {
    const changed = await ledger.change(delivery, changes, condition);
    if (changed?.state === "delivered" && changes.state === "delivered") {
      const { channel, attempts, createdAt, updatedAt } = changed;
      telemetry.record("delivery.time_to_told", secondsBetween(createdAt, updatedAt), { channel });
      telemetry.record("delivery.attempts", attempts, { channel });
    }
    return changed;
  },
});
