import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Delivery } from "#shared/contracts/delivery.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import { aDelivery } from "../builders/deliveries.ts";
import { noonPlus } from "../builders/orders.ts";

export interface DeliveryLedgerWorld {
  readonly ledger: DeliveryLedger;
  stop(): Promise<void>;
}

const MANY = 50;
const times = (count: number): number[] => Array.from({ length: count }, (_, position) => position);
const updatedAt = noonPlus(1000);

/** What every ledger of deliveries promises. */
export function testDeliveryLedger(name: string, start: () => Promise<DeliveryLedgerWorld>): void {
  describe(`delivery ledger: ${name}`, () => {
    let world: DeliveryLedgerWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const noted = async (changes: Partial<Delivery> = {}): Promise<Delivery> => {
      const delivery = aDelivery(changes);
      const { created } = await world.ledger.createIfAbsent(delivery);
      expect(created).toBe(true);
      return delivery;
    };
    const now = ({ orderId, id }: Delivery): Promise<Delivery | undefined> => world.ledger.get(orderId, id);

    test("a delivery is read as it was written", async () => {
      const delivery = await noted({
        after: "dlv_other",
        nextAttemptAt: noonPlus(1),
        lastFailure: "Grüße ☕ \u0000",
      });
      expect(await now(delivery)).toEqual(delivery);
    });

    test("what nobody noted is undefined, and so is a delivery under another order", async () => {
      const delivery = await noted();
      expect(await world.ledger.get(delivery.orderId, "dlv_nobody")).toBeUndefined();
      expect(await world.ledger.get("ord_other", delivery.id)).toBeUndefined();
    });

    test("noting a delivery again changes nothing and answers what is there", async () => {
      const delivery = await noted();
      const again = await world.ledger.createIfAbsent({ ...delivery, state: "superseded" });
      expect(again).toEqual({ created: false, delivery });
      expect(await now(delivery)).toEqual(delivery);
    });

    test("of many that note the same delivery at once, one creates it, and all are answered that one", async () => {
      const delivery = aDelivery();
      const results = await Promise.all(
        times(MANY).map((attempts) => world.ledger.createIfAbsent({ ...delivery, attempts })),
      );
      const winners = times(MANY).filter((attempt) => results[attempt]?.created);
      expect(winners).toHaveLength(1);
      const kept = { ...delivery, attempts: winners[0] };
      expect(results.map((result) => result.delivery)).toEqual(times(MANY).map(() => kept));
    });

    test("the deliveries of an order are all listed, and no other's", async () => {
      const first = await noted();
      const second = await noted({ orderId: first.orderId, recipient: "vendor-dairy" });
      await noted();
      const listed = await world.ledger.ofOrder(first.orderId);
      expect(listed.toSorted((a, b) => (a.recipient < b.recipient ? 1 : -1))).toEqual([first, second]);
      expect(await world.ledger.ofOrder("ord_nobody")).toEqual([]);
    });

    test("a change is stored and answered, and leaves the rest alone", async () => {
      const delivery = await noted();
      const changes = { state: "sending", attempts: 1, hop: 2, maybeDelivered: true, updatedAt } as const;
      const changed = { ...delivery, ...changes };
      expect(await world.ledger.change(delivery, changes, { state: ["pending"] })).toEqual(changed);
      expect(await now(delivery)).toEqual(changed);
    });

    test("a change in another state than allowed is refused and changes nothing", async () => {
      const delivery = await noted({ state: "delivered" });
      const changes = { state: "sending", updatedAt } as const;
      const refused = await world.ledger.change(delivery, changes, { state: ["pending", "sending"] });
      expect(refused).toBeUndefined();
      expect(await now(delivery)).toEqual(delivery);
    });

    test.for([true, false])(
      "a change that depends on maybeDelivered being %s happens only then",
      async (maybeDelivered) => {
        const changes = { state: "superseded", updatedAt } as const;
        const condition = { state: ["pending", "parked"], maybeDelivered } as const;
        const fitting = await noted({ maybeDelivered });
        const other = await noted({ maybeDelivered: !maybeDelivered });
        expect(await world.ledger.change(fitting, changes, condition)).toMatchObject(changes);
        expect(await world.ledger.change(other, changes, condition)).toBeUndefined();
        expect(await now(other)).toEqual(other);
      },
    );

    test("a change that depends on the hop happens only at that hop", async () => {
      const delivery = await noted({ hop: 3 });
      const changes = { state: "sending", updatedAt } as const;
      expect(await world.ledger.change(delivery, changes, { state: ["pending"], hop: 2 })).toBeUndefined();
      expect(await world.ledger.change(delivery, changes, { state: ["pending"], hop: 3 })).toMatchObject(
        changes,
      );
    });

    test("the held deliveries of a circuit are found across orders, the oldest first, and no others", async () => {
      const heldBy = `webhook:${randomUUID()}`;
      const held = { state: "held", heldBy, heldSince: noonPlus(5) } as const;
      const later = await noted({ ...held, createdAt: noonPlus(20) });
      const oldest = await noted({ ...held, createdAt: noonPlus(1) });
      const middle = await noted({ ...held, createdAt: noonPlus(10), nextAttemptAt: noonPlus(100) });
      await noted({ ...held, heldBy: "another" });
      const query = { dueBefore: noonPlus(200), limit: 10 };
      expect(await world.ledger.held(heldBy, query)).toEqual([oldest, middle, later]);
      expect(await world.ledger.held(heldBy, { ...query, limit: 2 })).toEqual([oldest, middle]);
      expect(await world.ledger.held(heldBy, { ...query, dueBefore: noonPlus(100) })).toEqual([
        oldest,
        later,
      ]);
      expect(await world.ledger.countHeld(heldBy)).toBe(3);
    });

    test("a delivery that is no longer held is found no more; one that is held again is", async () => {
      const heldBy = `webhook:${randomUUID()}`;
      const delivery = await noted({
        state: "held",
        heldBy,
        heldSince: noonPlus(1),
        nextAttemptAt: noonPlus(2),
      });
      const gone = {
        state: "sending",
        heldBy: undefined,
        heldSince: undefined,
        nextAttemptAt: undefined,
        updatedAt,
      } as const;
      await world.ledger.change(delivery, gone, { state: ["held"] });
      expect(await world.ledger.held(heldBy, { dueBefore: noonPlus(1), limit: 10 })).toEqual([]);
      expect(await world.ledger.countHeld(heldBy)).toBe(0);
      await world.ledger.change(delivery, { state: "held", heldBy, updatedAt }, { state: ["sending"] });
      expect(await world.ledger.held(heldBy, { dueBefore: noonPlus(1), limit: 10 })).toHaveLength(1);
    });

    test("a change of a delivery that nobody noted is undefined", async () => {
      expect(
        await world.ledger.change(aDelivery(), { state: "sending", updatedAt }, { state: ["pending"] }),
      ).toBeUndefined();
    });

    test("a field set to undefined is gone, also when it was not there", async () => {
      const delivery = await noted({ nextAttemptAt: noonPlus(1) });
      const changes = { nextAttemptAt: undefined, lastFailure: undefined, updatedAt };
      const changed = await world.ledger.change(delivery, changes, { state: ["pending"] });
      expect(Object.keys(changed ?? {})).not.toContain("nextAttemptAt");
      expect(Object.keys((await now(delivery)) ?? {})).not.toContain("lastFailure");
      expect((await world.ledger.ofOrder(delivery.orderId)).map((one) => "nextAttemptAt" in one)).toEqual([
        false,
      ]);
    });

    test("a field that is gone can be set again", async () => {
      const delivery = await noted();
      const condition = { state: ["pending"] } as const;
      await world.ledger.change(delivery, { nextAttemptAt: undefined, updatedAt }, condition);
      await world.ledger.change(delivery, { nextAttemptAt: noonPlus(7), updatedAt }, condition);
      expect(await now(delivery)).toMatchObject({ nextAttemptAt: noonPlus(7) });
    });

    test("of many changes out of one state at once, one happens", async () => {
      const delivery = await noted();
      const results = await Promise.all(
        times(MANY).map((attempts) =>
          world.ledger.change(delivery, { state: "sending", attempts, updatedAt }, { state: ["pending"] }),
        ),
      );
      const happened = results.filter((result) => result !== undefined);
      expect(happened).toHaveLength(1);
      expect(await now(delivery)).toEqual(happened[0]);
    });
  });
}
