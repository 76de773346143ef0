import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Order, type OrderStatus } from "#shared/contracts/order.ts";
import {
  askCustomer,
  cancelOrder,
  confirmOrder,
  demandOf,
  placeOrder,
  recordReturn,
  type Transition,
} from "#shared/domain/order.ts";
import { arbitraryOrderRequest } from "../../builders/arbitrary.ts";
import { anOccasion, anOrder, anOrderRequest, moved, noonPlus, published } from "../../builders/orders.ts";

/** What may follow what; nothing else may ever happen. */
const MAY_FOLLOW: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  accepted: ["confirmed", "needs-attention", "cancelled"],
  "needs-attention": ["cancelled"],
  confirmed: ["cancelled"],
  fulfilled: [],
  // Still cancelled: nothing had been taken, and that was recorded.
  cancelled: ["cancelled", "refunded"],
  refunded: [],
};

const commands = {
  confirm: (order: Order, at: string) => confirmOrder(order, { at }),
  "ask about the payment": (order: Order, at: string) =>
    askCustomer(order, { reason: "payment-declined" }, { at }),
  "ask about the stock": (order: Order, at: string) =>
    askCustomer(order, { reason: "out-of-stock", skus: ["BUTTER"] }, { at }),
  cancel: (order: Order, at: string) => cancelOrder(order, "changed my mind", { at }),
  "return nothing": (order: Order, at: string) => recordReturn(order, "not-taken", { at }),
  "return the money": (order: Order, at: string) => recordReturn(order, "refunded", { at }),
} satisfies Record<string, (order: Order, at: string) => Transition<string>>;

type Command = keyof typeof commands | "publish";
const isCommand = (name: string): name is Command => name in commands || name === "publish";
const everyCommand = [...Object.keys(commands), "publish"].filter(isCommand);
const anyCommands = () => fc.array(fc.constantFrom(...everyCommand), { maxLength: 12 });

interface Step {
  readonly before: Order;
  readonly after: Order;
}

/** Runs the commands one after the other; answers the steps that were allowed, publications aside. */
function live(order: Order, sequence: readonly Command[]): Step[] {
  const steps: Step[] = [];
  let now = order;
  for (const [position, command] of sequence.entries()) {
    if (command === "publish") {
      now = published(now);
      continue;
    }
    const transition: Transition<string> = commands[command](now, noonPlus((position + 1) * 1000));
    if (!transition.ok) continue;
    steps.push({ before: now, after: transition.order });
    now = transition.order;
  }
  return steps;
}

const whateverHappens = (check: (step: Step) => void): void =>
  fc.assert(
    fc.property(anyCommands(), (sequence) => {
      for (const step of live(anOrder(), sequence)) check(step);
    }),
    { numRuns: 500 },
  );

describe("whatever is done to an order, in whatever sequence", () => {
  test("it never moves backwards, and what was cancelled is never confirmed", () => {
    whateverHappens(({ before, after }) => {
      expect(MAY_FOLLOW[before.status]).toContain(after.status);
    });
  });

  test("every step raises the version by one", () => {
    whateverHappens(({ before, after }) => expect(after.version).toBe(before.version + 1));
  });

  test("what it is, what it costs and how it is paid for stay the same", () => {
    const unchanging = ({
      id,
      brandId,
      sort,
      createdAt,
      fingerprint,
      totalMinor,
      lines,
      customer,
      payment,
      stock,
    }: Order) => ({
      is: [id, brandId, sort, createdAt, fingerprint, totalMinor, lines, customer],
      keys: [payment.key, payment.token, stock.reservationId],
    });
    whateverHappens(({ before, after }) => expect(unchanging(after)).toEqual(unchanging(before)));
  });

  test("the timeline only grows, in the order of time", () => {
    whateverHappens(({ before, after }) => {
      expect(after.timeline.slice(0, before.timeline.length)).toEqual(before.timeline);
      expect(after.timeline.map(({ at }) => at)).toEqual(after.timeline.map(({ at }) => at).toSorted());
    });
  });

  test("a step drops no message that was not published, and names each new one for the first time", () => {
    fc.assert(
      fc.property(anyCommands(), (sequence) => {
        const order = anOrder();
        const named = new Set(Object.keys(order.outbox));
        for (const { before, after } of live(order, sequence)) {
          expect(after.outbox).toMatchObject(before.outbox);
          for (const entryId of Object.keys(after.outbox)) {
            if (entryId in before.outbox) continue;
            expect(named).not.toContain(entryId);
            named.add(entryId);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test("it waits for the sweep exactly as long as it owes a message", () => {
    whateverHappens(({ after }) =>
      expect(after.pendingSince !== undefined).toBe(Object.keys(after.outbox).length > 0),
    );
  });

  test("it remains a document of the contract", () => {
    whateverHappens(({ after }) => expect(Order.safeParse(after).error).toBeUndefined());
  });

  test("no step needs more than the ten operations that one patch may hold", () => {
    whateverHappens(({ before, after }) => {
      const members = Object.entries(after).filter(
        ([name, value]) => name !== "outbox" && value !== Reflect.get(before, name),
      );
      const messages = Object.keys(after.outbox).filter((entryId) => !(entryId in before.outbox));
      expect(members.length + messages.length).toBeLessThanOrEqual(10);
    });
  });

  test("doing the last thing again is refused and changes nothing", () => {
    fc.assert(
      fc.property(anyCommands(), fc.constantFrom(...everyCommand), (sequence, again) => {
        fc.pre(again !== "publish");
        const steps = live(anOrder(), [...sequence, again, again]);
        const versions = steps.map(({ after }) => after.version);
        expect(new Set(versions).size).toBe(versions.length);
        expect(live(anOrder(), [again, again])).toHaveLength(live(anOrder(), [again]).length);
      }),
    );
  });
});

describe("placing an order", () => {
  test("any order that the contract takes becomes a document of the contract which says what it costs", () => {
    fc.assert(
      fc.property(arbitraryOrderRequest(), (request) => {
        const order = placeOrder(
          "pancake-palace",
          "key-1",
          request,
          anOccasion({ traceparent: "00-1-2-01" }),
        );
        expect(Order.safeParse(order).error).toBeUndefined();
        expect(order.totalMinor).toBe(request.lines.reduce((sum, l) => sum + l.quantity * l.unitPrice, 0));
        expect(Number.isSafeInteger(order.totalMinor)).toBe(true);
      }),
    );
  });

  test("it owes one message to the stock and one to everybody who is told, with the trace of the request", () => {
    const order = placeOrder("b", "k", anOrderRequest(), anOccasion({ traceparent: "00-1-2-01" }));
    const entry = { type: "order.placed.v1", at: order.createdAt, traceparent: "00-1-2-01" };
    expect(order.outbox).toEqual({
      "v1-inventory": { topic: "inventory", ...entry },
      "v1-notifications": { topic: "notifications", ...entry },
    });
    expect(order.pendingSince).toBe(order.createdAt);
  });

  test("payment and reservation have their names before anybody is called", () => {
    const { id, payment, stock } = anOrder();
    expect([payment.key, stock.reservationId]).toEqual([`pay_${id}_1`, `rsv_${id}_1`]);
    expect([payment.state, stock.state]).toEqual(["due", "due"]);
  });
});

describe("what an order remembers", () => {
  const accepted = anOrder();

  test("confirmed: the money is taken and the goods are held", () => {
    expect(moved(confirmOrder(accepted, anOccasion()))).toMatchObject({
      status: "confirmed",
      payment: { state: "captured" },
      stock: { state: "reserved" },
    });
  });

  test("declined: the goods are given back, and the customer is asked about the payment", () => {
    const order = moved(askCustomer(accepted, { reason: "payment-declined" }, anOccasion()));
    expect(order).toMatchObject({
      status: "needs-attention",
      attention: { reason: "payment-declined" },
      payment: { state: "declined" },
      stock: { state: "released" },
    });
  });

  test("short: which goods were missing, and that nothing was charged", () => {
    const order = moved(askCustomer(accepted, { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
    expect(order).toMatchObject({
      status: "needs-attention",
      attention: { reason: "out-of-stock" },
      payment: { state: "due" },
      stock: { state: "short", shortSkus: ["BUTTER"] },
    });
  });

  test("money that turns up after a cancellation is recorded as returned, and that stays so", () => {
    const cancelled = moved(cancelOrder(accepted, undefined, anOccasion()));
    const nothing = moved(recordReturn(cancelled, "not-taken", anOccasion()));
    expect(nothing).toMatchObject({
      status: "cancelled",
      payment: { state: "not-taken" },
      stock: { state: "released" },
    });
    const money = moved(recordReturn(nothing, "refunded", anOccasion()));
    expect(money).toMatchObject({ status: "refunded", payment: { state: "refunded" } });
    expect(recordReturn(money, "not-taken", anOccasion())).toEqual({ ok: false, reason: "already-recorded" });
  });

  test("an order that was handed over can no longer be cancelled", () => {
    const fulfilled = anOrder({ status: "fulfilled" });
    expect(cancelOrder(fulfilled, undefined, anOccasion())).toEqual({ ok: false, reason: "handed-over" });
  });
});

test("two lines of one SKU are asked for together", () => {
  const line = { quantity: 2, unitPrice: 1, vendorId: "vendor-mill" };
  const order = anOrder({
    lines: [
      { ...line, sku: "A" },
      { ...line, sku: "B" },
      { ...line, sku: "A", quantity: 3 },
    ],
  });
  expect([...demandOf(order)]).toEqual([
    ["A", 5],
    ["B", 2],
  ]);
});
