import { describe, expect, test } from "vitest";
import { handOver, recordSale } from "#shared/domain/hand-over.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { anOccasion, anOrder, moved, NOON, noonPlus } from "../../builders/orders.ts";

const confirmed = () => moved(confirmOrder(anOrder(), anOccasion()));
const later = anOccasion({ at: noonPlus(1000) });

describe("handing over", () => {
  test("each vendor speaks for its own lines; the last one fulfils the order", () => {
    const one = moved(handOver(confirmed(), "vendor-dairy", anOccasion()));
    expect(one).toMatchObject({ status: "confirmed", handedOver: { "vendor-dairy": NOON } });
    expect(Object.keys(one.outbox)).not.toContain("v3-notifications");

    const all = moved(handOver(one, "vendor-mill", later));
    expect(all).toMatchObject({ status: "fulfilled", version: 4 });
    expect(all.timeline.slice(-3).map(({ event, detail }) => [event, detail])).toEqual([
      ["order.handed-over.v1", "vendor-dairy"],
      ["order.handed-over.v1", "vendor-mill"],
      ["order.fulfilled.v1", undefined],
    ]);
    expect(Object.keys(all.outbox)).toEqual(expect.arrayContaining(["v4-inventory", "v4-notifications"]));
  });

  test("again is known; by a stranger it is refused", () => {
    const one = moved(handOver(confirmed(), "vendor-dairy", anOccasion()));
    expect(handOver(one, "vendor-dairy", later)).toEqual({ ok: false, reason: "already-handed-over" });
    expect(handOver(one, "vendor-knit", later)).toEqual({ ok: false, reason: "not-theirs" });
  });

  test("vendors may have any name: one that objects have by nature has not handed over before it says so", () => {
    const lines = ["vendor-mill", "constructor", "toString"].map((vendorId) => ({
      sku: `OF-${vendorId}`,
      quantity: 1,
      unitPrice: 100,
      vendorId,
    }));
    const order = moved(confirmOrder(anOrder({ lines }), anOccasion()));
    const one = moved(handOver(order, "vendor-mill", anOccasion()));
    expect(one.status).toBe("confirmed");
    const two = moved(handOver(one, "constructor", later));
    expect([two.status, Object.keys(two.handedOver ?? {})]).toEqual([
      "confirmed",
      ["vendor-mill", "constructor"],
    ]);
    expect(moved(handOver(two, "toString", later)).status).toBe("fulfilled");
  });

  test("is refused for an order that does not stand, and from the first one on the order cannot be cancelled", () => {
    const cancelled = moved(cancelOrder(confirmed(), undefined, anOccasion()));
    for (const order of [anOrder(), cancelled]) {
      expect(handOver(order, "vendor-mill", later)).toEqual({ ok: false, reason: "not-confirmed" });
    }
    const one = moved(handOver(confirmed(), "vendor-dairy", anOccasion()));
    expect(cancelOrder(one, undefined, later)).toEqual({ ok: false, reason: "handed-over" });
  });

  test("only what is fulfilled is sold, once", () => {
    expect(recordSale(confirmed(), later)).toEqual({ ok: false, reason: "not-fulfilled" });
    const mine = anOrder({ lines: anOrder().lines.slice(0, 1) });
    const all = moved(handOver(moved(confirmOrder(mine, anOccasion())), "vendor-mill", later));
    const sold = moved(recordSale(all, later));
    expect(sold.stock.state).toBe("sold");
    expect(recordSale(sold, later)).toEqual({ ok: false, reason: "already-recorded" });
  });
});
