import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Order, type OrderStatus } from "#shared/contracts/order.ts";
import { namesOf, roundOf } from "#shared/domain/order.ts";
import { anyCommands, everyCommand, live, type Step } from "../../builders/lives.ts";
import { anOrder } from "../../builders/orders.ts";

/** What may follow what; nothing else may ever happen. */
const MAY_FOLLOW: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  accepted: ["confirmed", "needs-attention", "cancelled"],
  // Still waiting: the customer was reminded.
  "needs-attention": ["needs-attention", "accepted", "cancelled"],
  // Still confirmed: one of its vendors handed over.
  confirmed: ["confirmed", "fulfilled", "cancelled"],
  // Still fulfilled: the sale was recorded.
  fulfilled: ["fulfilled"],
  // Still cancelled: nothing had been taken, and that was recorded.
  cancelled: ["cancelled", "refunded"],
  refunded: [],
};

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

  test("what it is stays the same, and no line is ever lost", () => {
    const unchanging = ({
      id,
      brandId,
      sort,
      createdAt,
      fingerprint,
      customer,
      lines,
      droppedLines,
    }: Order) => [
      [id, brandId, sort, createdAt, fingerprint, customer],
      [...lines, ...(droppedLines ?? [])].map(({ sku }) => sku).toSorted(),
    ];
    whateverHappens(({ before, after }) => expect(unchanging(after)).toEqual(unchanging(before)));
  });

  test("it costs what its lines cost", () => {
    whateverHappens(({ after: { lines, totalMinor } }) =>
      expect(totalMinor).toBe(lines.reduce((sum, line) => sum + line.quantity * line.unitPrice, 0)),
    );
  });

  test("only an answer changes goods, price, card and names at the partners, and names are never used again", () => {
    const bargain = ({ totalMinor, lines, payment, stock }: Order) => [
      [totalMinor, lines],
      [payment.key, payment.token, stock.reservationId],
    ];
    whateverHappens(({ before, after }) => {
      const names = { key: after.payment.key, id: after.stock.reservationId };
      const { paymentKey, reservationId } = namesOf(after.id, roundOf(after));
      expect(names).toEqual({ key: paymentKey, id: reservationId });
      const isAnswered = roundOf(after) > roundOf(before);
      const begunAgain = [after.status, after.payment.state, after.stock.state, roundOf(after)];
      const expected = ["accepted", "due", "due", roundOf(before) + 1];
      expect(isAnswered ? begunAgain : bargain(after)).toEqual(isAnswered ? expected : bargain(before));
    });
  });

  test("a question waits for an answer exactly as long as the order needs attention, with its time", () => {
    whateverHappens(({ after }) => {
      const isWaiting = after.status === "needs-attention";
      expect([after.attention !== undefined, after.dueAt !== undefined]).toEqual([isWaiting, isWaiting]);
      expect(after.attention?.question).toBe(isWaiting ? (after.answers?.length ?? 0) + 1 : undefined);
    });
  });

  test("once goods were handed over it is never cancelled, and it is fulfilled exactly when all were", () => {
    whateverHappens(({ before, after }) => {
      const isCancelled = after.status === "cancelled" || after.status === "refunded";
      expect(before.handedOver !== undefined && isCancelled).toBe(false);
      const vendors = new Set(after.lines.map(({ vendorId }) => vendorId));
      const all = [...vendors].every((vendorId) => after.handedOver?.[vendorId] !== undefined);
      expect(after.status === "fulfilled").toBe(all);
    });
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

  test("no step needs more than the operations of two patches", () => {
    whateverHappens(({ before, after }) => {
      const names = new Set([...Object.keys(before), ...Object.keys(after)]);
      const members = [...names].filter(
        (name) => name !== "outbox" && Reflect.get(after, name) !== Reflect.get(before, name),
      );
      const messages = Object.keys(after.outbox).filter((entryId) => !(entryId in before.outbox));
      expect(members.length + messages.length).toBeLessThanOrEqual(20);
    });
  });

  test("doing the last thing again is refused and changes nothing", () => {
    fc.assert(
      fc.property(anyCommands(), fc.constantFrom(...everyCommand), (sequence, again) => {
        // A reminder is followed by the deadline; everything else happens once.
        fc.pre(again !== "publish" && again !== "remind");
        const steps = live(anOrder(), [...sequence, again, again]);
        const versions = steps.map(({ after }) => after.version);
        expect(new Set(versions).size).toBe(versions.length);
        const once = live(anOrder(), [...sequence, again]).at(-1);
        const twice = live(anOrder(), [...sequence, again, again]).at(-1);
        expect(twice?.after.version).toBe(once?.after.version);
      }),
    );
  });
});
