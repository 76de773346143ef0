import { classify, NotNow } from "#shared/ports/faults.ts";
import type { Payments } from "#shared/ports/payments.ts";
import type { Stock } from "#shared/ports/stock.ts";
import type { Breaker } from "./breaker.ts";

/**
 * For partners whose work has no entry in the delivery ledger: while nobody may call, a call throws NotNow without
 * being made, and the message comes back later without an attempt being counted.
 */
type Guard = <T>(by: string, call: () => Promise<T>) => Promise<T>;

const guardOf =
  (breaker: Breaker, circuit: string): Guard =>
  async (by, call) => {
    const entry = await breaker.enter(circuit, { released: true, by });
    if (entry.kind !== "go") throw new NotNow(circuit, entry.untilMs);
    let answer;
    try {
      answer = await call();
    } catch (error) {
      await breaker.failed(circuit, classify(error), entry);
      throw error;
    }
    await breaker.succeeded(circuit, entry);
    return answer;
  };

export function guardedPayments(payments: Payments, breaker: Breaker, circuit: string): Payments {
  const guard = guardOf(breaker, circuit);
  return {
    find: (key) => guard(key, () => payments.find(key)),
    authorise: (request) => guard(request.key, () => payments.authorise(request)),
    capture: (key, orderId) => guard(key, () => payments.capture(key, orderId)),
    void: (key, orderId) => guard(key, () => payments.void(key, orderId)),
    refund: (key, orderId) => guard(key, () => payments.refund(key, orderId)),
  };
}

export function guardedStock(stock: Stock, breaker: Breaker, circuit: string): Stock {
  const guard = guardOf(breaker, circuit);
  return {
    reserve: (reservation) => guard(reservation.id, () => stock.reserve(reservation)),
    release: (reservation) => guard(reservation.id, () => stock.release(reservation)),
    sell: (reservation) => guard(reservation.id, () => stock.sell(reservation)),
  };
}
