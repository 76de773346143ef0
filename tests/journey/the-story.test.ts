import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { expectAllDone, expectConfirmed, expectStockFor } from "./support/all-done.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { outageOf } from "./support/outage.ts";
import { effects, ledger, type Partner, setMode } from "./support/partner-books.ts";
import { queueCounts } from "./support/stores.ts";
import { brandNames, type PlacedOrder, post, requestFor, view } from "./support/storefront.ts";

/**
 * The founding story: a mail provider was down and then limited its rate; the queue's deliveries ran out, the messages
 * went to the dead letters, and the compensation cancelled and refunded orders that customers had paid for.
 * Ten deliveries are what a queue gives a message, so every outage here lasts for more calls than that.
 */
const MORE_THAN_ANY_DELIVERY_COUNT = 12;
/** What it takes to see that the provider is down, from consumers that call it at the same time. */
const MOST_CALLS_UNTIL_OPEN = 40;

/** Retries and probes within fractions of a second, so that a long outage takes seconds. */
const cloud = useCloud({
  settings: () =>
    Promise.resolve({
      RETRY_BASE_MS: "50",
      RETRY_CAP_MS: "400",
      CIRCUIT_OPEN_MS: "200",
      CIRCUIT_OPEN_CAP_MS: "400",
      SWEEP_SCHEDULE: "*/2 * * * * *",
    }),
});

/** All orders of this file. */
const orders: PlacedOrder[] = [];
let number = 0;

/** Takes orders as a shop does and answers how long the slowest customer waited, in milliseconds. */
async function sell(count: number): Promise<number> {
  const at = cloud().place;
  let slowestMs = 0;
  for (let sold = 0; sold < count; sold++) {
    const brand = brandNames[number % 2] ?? "";
    const request = requestFor(at, brand, number);
    const startedAt = performance.now();
    const response = await post(at, brand, `story-${number++}`, request);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    expect(response.status).toBe(202);
    const location = response.headers.get("location") ?? "";
    orders.push({ id: location.split("/").at(-1) ?? "", brand, request });
  }
  return slowestMs;
}

const refusedCalls = async (): Promise<number> =>
  (await ledger(cloud().place, "mail")).filter(({ effect }) => !effect).length;

async function expectNoOrderSuffered(): Promise<void> {
  const at = cloud().place;
  for (const order of orders) expect((await view(at, order)).status).toBe("confirmed");
  const seen = await effects(at);
  expect(seen.filter((effect) => /refund|void|cancel/.test(effect))).toEqual([]);
  expect((await queueCounts(at)).filter(({ deadLetters }) => deadLetters > 0)).toEqual([]);
}

test("mail is down, then rate limited, for longer than any delivery count: orders and payments stay, mails come later", async () => {
  const at = cloud().place;
  await setMode(at, "mail", { mode: "down" });
  await sell(8);
  await eventually(async () => {
    const paid = (await effects(at)).filter((effect) => effect.endsWith(" capture"));
    expect(paid).toHaveLength(8);
    for (const order of orders) {
      const { notifications } = await view(at, order);
      expect(notifications.filter(({ channel }) => channel === "customer-email")).toEqual(
        Array.from({ length: 2 }, () =>
          expect.objectContaining({ note: expect.stringContaining("nothing for you to do") }),
        ),
      );
    }
  }, 30_000);
  // Nobody hammers a provider that is down: all mails together cost it one probe at a time.
  const whenOpen = await refusedCalls();
  expect(whenOpen).toBeLessThan(MOST_CALLS_UNTIL_OPEN);
  await eventually(async () => {
    expect(await refusedCalls()).toBeGreaterThan(whenOpen + MORE_THAN_ANY_DELIVERY_COUNT);
  }, 40_000);
  await expectNoOrderSuffered();

  await setMode(at, "mail", { mode: "throttled", retryAfterSeconds: 1, ratePerSecond: 5 });
  await sell(4);
  await pause(3_000);
  await expectNoOrderSuffered();

  await setMode(at, "mail", { mode: "ok" });
  await expectAllDone(at, orders, { withinMs: 30_000 });
  await expectConfirmed(at, orders);
}, 120_000);

test("everything fails at once, Service Bus included: every order is still taken at once, and done once afterwards", async () => {
  const at = cloud().place;
  const broker = cloud().parts.get("service-bus");
  if (broker === undefined) throw new Error("There is no Service Bus");
  const partners: readonly Partner[] = ["payments", "stock", "mail", "webhooks"];
  for (const partner of partners) await setMode(at, partner, { mode: "down" });
  await sell(4);

  const gone = await outageOf(
    broker,
    Number(/sb:\/\/localhost:(\d+)/.exec(at.serviceBus.connectionString)?.[1]),
  );
  expect(await sell(10)).toBeLessThan(1_000);
  await pause(5_000);
  expect(await sell(10)).toBeLessThan(1_000);
  await gone.end();

  const stuck = broker.pid();
  if (stuck === undefined) throw new Error("Service Bus is not running");
  process.kill(stuck, "SIGSTOP");
  expect(await sell(10)).toBeLessThan(1_000);
  await pause(5_000);
  expect(await sell(10)).toBeLessThan(1_000);
  process.kill(stuck, "SIGCONT");

  for (const partner of partners) await setMode(at, partner, { mode: "ok" });
  await expectAllDone(at, orders, { withinMs: 60_000 });
  await expectConfirmed(at, orders);
  await expectStockFor(at, orders);
  await expectNoOrderSuffered();
});
