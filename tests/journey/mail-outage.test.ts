import { expect, test } from "vitest";
import { CircuitList } from "#shared/contracts/resources.ts";
import { expectAllDone, expectConfirmed } from "./support/all-done.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { ledger, setMode } from "./support/partner-books.ts";
import { queueCounts } from "./support/stores.ts";
import { brandNames, type PlacedOrder, post, requestFor, view } from "./support/storefront.ts";

/** A circuit that stays open for seconds, so that what waits can be looked at. */
const cloud = useCloud({
  settings: () =>
    Promise.resolve({
      RETRY_BASE_MS: "50",
      RETRY_CAP_MS: "400",
      CIRCUIT_OPEN_MS: "2000",
      CIRCUIT_OPEN_CAP_MS: "2000",
      MAIL_RATE_PER_SECOND: "40",
    }),
});

const ORDERS = 30;
const orders: PlacedOrder[] = [];

async function sell(): Promise<void> {
  const at = cloud().place;
  const brand = brandNames[0] ?? "";
  const request = requestFor(at, brand, orders.length);
  const response = await post(at, brand, `mail-outage-${orders.length}`, request);
  expect(response.status).toBe(202);
  orders.push({ id: response.headers.get("location")?.split("/").at(-1) ?? "", brand, request });
}

async function mailCircuit() {
  const { functions, keys } = cloud().place;
  const [opsKey] = Object.values(keys.ops);
  const response = await fetch(`${functions}/api/ops/circuits`, {
    headers: { authorization: `Bearer ${opsKey}` },
  });
  expect(response.status).toBe(200);
  return CircuitList.parse(await response.json()).circuits.find(({ key }) => key === "mail:acs");
}

test("while mail is down few calls reach it, what waits is seen, and afterwards every mail arrives once, the oldest first", async () => {
  const at = cloud().place;
  await setMode(at, "mail", { mode: "down" });
  while (orders.length < ORDERS) await sell();

  // Two mails to the customer and one to the vendor who has no webhook, for each order.
  await eventually(async () => {
    expect(await mailCircuit()).toMatchObject({ state: "open", held: 3 * ORDERS });
  }, 40_000);
  expect((await mailCircuit())?.nextProbeAt).toBeDefined();
  const calls = (await ledger(at, "mail")).length;
  expect(calls).toBeLessThan(60);

  const last = orders.at(-1);
  if (last === undefined) throw new Error("No order");
  const { notifications } = await view(at, last);
  const held = notifications.filter(({ channel }) => channel === "customer-email");
  expect(held).toEqual(
    Array.from({ length: 2 }, () =>
      expect.objectContaining({
        state: "held",
        note: expect.stringContaining("nothing for you to do"),
        heldSince: expect.any(String),
      }),
    ),
  );

  await setMode(at, "mail", { mode: "ok" });
  await expectAllDone(at, orders, { withinMs: 40_000 });
  await expectConfirmed(at, orders);
  const taken = (await ledger(at, "mail")).filter(({ effect, kind }) => effect && kind === "order-received");
  expect(new Set(taken.map(({ orderId }) => orderId)).size).toBe(ORDERS);
  expect(taken).toHaveLength(ORDERS);
  expect(inversions(taken.map(({ orderId }) => orders.findIndex(({ id }) => id === orderId)))).toBeLessThan(
    0.2,
  );
  expect((await queueCounts(at)).filter(({ deadLetters }) => deadLetters > 0)).toEqual([]);
}, 120_000);

/** The share of pairs that came in the wrong order: 0 where all came as they were placed, 0.5 where by chance. */
function inversions(places: readonly number[]): number {
  let wrong = 0;
  let pairs = 0;
  for (const [position, place] of places.entries()) {
    for (const later of places.slice(position + 1)) {
      pairs++;
      if (later < place) wrong++;
    }
  }
  return wrong / pairs;
}
