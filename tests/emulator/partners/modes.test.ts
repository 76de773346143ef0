import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { usePartners, type PartnersWorld } from "./world.ts";

const NAMES = ["payments", "stock", "mail", "webhooks"] as const;

/** A webhook of a vendor, as simple as they come. */
async function tell(
  partners: PartnersWorld,
  vendorId: string,
  id: string,
  orderId = "o-1",
  type = "order.confirmed.v1",
): Promise<Response> {
  return fetch(`${partners.url}/webhooks/${vendorId}`, {
    method: "POST",
    headers: { "webhook-id": id },
    body: JSON.stringify({ type, data: { orderId } }),
  });
}

const outcomes = async (partners: PartnersWorld): Promise<unknown[]> =>
  (await partners.ledger("webhooks")).map(({ outcome, effect }) => [outcome, effect]);

test.for(NAMES)("%s begins in order and shows the mode it was put into", async (name) => {
  const partners = await usePartners();
  expect((await partners.json("GET", `/${name}/mode`)).body).toEqual({ mode: "ok" });
  await partners.setMode(name, { mode: "slow", delayMs: 5 });
  expect((await partners.json("GET", `/${name}/mode`)).body).toEqual({ mode: "slow", delayMs: 5 });
});

test.for([
  [{ mode: "sideways" }, "mode"],
  [{}, "mode"],
  [{ mode: "down", delayMs: 5 }, "delayMs"],
  [{ mode: "down", status: 200 }, "status"],
  [{ mode: "slow", delayMs: "5" }, "delayMs"],
  [{ mode: "flaky", failureRate: 1.5 }, "failureRate"],
  [{ mode: "answer-lost", count: 0 }, "count"],
  [{ mode: "throttled", only: [] }, "only"],
  [{ mode: "throttled", ratePerSecond: 0 }, "ratePerSecond"],
] as const)("the mode %j is refused because of %s", async ([mode, field]) => {
  const partners = await usePartners();
  const { status, body } = await partners.json("PUT", "/mail/mode", mode);
  expect(status).toBe(400);
  expect(body).toMatchObject({ error: { target: field, message: expect.stringContaining(field) } });
});

test("down: every call is refused with 503 and without effect, until it is over", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "down" });
  expect((await tell(partners, "v1", "w1")).status).toBe(503);
  await partners.setMode("webhooks", { mode: "ok" });
  expect((await tell(partners, "v1", "w1")).status).toBe(200);
  expect(await outcomes(partners)).toEqual([
    ["refused-503", false],
    ["received", true],
  ]);
});

test("a mode with a count hits so many calls and is over", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "down", count: 2, status: 410 });
  const statuses = [];
  for (const id of ["w1", "w2", "w3"]) statuses.push((await tell(partners, "v1", id)).status);
  expect(statuses).toEqual([410, 410, 200]);
  expect((await partners.json("GET", "/webhooks/mode")).body).toEqual({ mode: "ok" });
});

test("a mode for one vendor leaves the others in peace", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "down", only: ["v2"] });
  const statuses = await Promise.all(
    ["v1", "v2", "v3"].map(async (vendor) => (await tell(partners, vendor, "w1")).status),
  );
  expect(statuses).toEqual([200, 503, 200]);
});

test("a mode for one order leaves the others in peace", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "down", only: ["o-2"] });
  expect((await tell(partners, "v1", "w1", "o-1")).status).toBe(200);
  expect((await tell(partners, "v1", "w2", "o-2")).status).toBe(503);
});

test("a mode for one kind of calls leaves the others in peace", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "down", only: ["order.cancelled.v1"] });
  expect((await tell(partners, "v1", "w1", "o-1", "order.confirmed.v1")).status).toBe(200);
  expect((await tell(partners, "v1", "w2", "o-1", "order.cancelled.v1")).status).toBe(503);
});

test("throttled: 429 with the Retry-After that was asked for", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "throttled", retryAfterSeconds: 30 });
  const answer = await tell(partners, "v1", "w1");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([429, "30"]);
  expect(await outcomes(partners)).toEqual([["throttled", false]]);
});

test("throttled to a rate: never more than so many in any second", async () => {
  const clock = createHandClock();
  const partners = await usePartners({ clock, webhookToleranceSeconds: Number.POSITIVE_INFINITY });
  await partners.setMode("webhooks", { mode: "throttled", ratePerSecond: 3 });
  let id = 0;
  const burst = async (): Promise<number> => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => tell(partners, "v1", `w${id++}`)));
    return answers.filter(({ status }) => status === 200).length;
  };
  expect(await burst()).toBe(3);
  await clock.advance(999);
  expect(await burst()).toBe(0);
  await clock.advance(1);
  expect(await burst()).toBe(3);
});

test("slow: the answer and the effect come after the delay", async () => {
  const clock = createHandClock();
  const partners = await usePartners({ clock });
  await partners.setMode("webhooks", { mode: "slow", delayMs: 20_000, count: 1 });
  const answer = tell(partners, "v1", "w1");
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(19_999);
  expect(await outcomes(partners)).toEqual([]);
  await clock.advance(1);
  expect((await answer).status).toBe(200);
  expect(await outcomes(partners)).toEqual([["received", true]]);
  expect((await partners.json("GET", "/webhooks/mode")).body).toEqual({ mode: "ok" });
});

test("a slow call that waits does not keep the partners from stopping", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "slow", delayMs: 600_000 });
  const answer = tell(partners, "v1", "w1").catch(() => "dropped");
  await new Promise((resolve) => setTimeout(resolve, 50));
  await partners.stopOnly();
  expect(await answer).toBe("dropped");
});

test("flaky: fails as often as chance says, without effect", async () => {
  const chances = [0.1, 0.9, 0.29, 0.31];
  const partners = await usePartners({ random: () => chances.shift() ?? 1 });
  await partners.setMode("webhooks", { mode: "flaky", failureRate: 0.3 });
  const statuses = [];
  for (const id of ["w1", "w2", "w3", "w4"]) statuses.push((await tell(partners, "v1", id)).status);
  expect(statuses).toEqual([500, 200, 500, 200]);
  expect(await outcomes(partners)).toEqual([
    ["refused-500", false],
    ["received", true],
    ["refused-500", false],
    ["received", true],
  ]);
});

test("answer-lost: the effect happens, nobody hears of it, and the repeat has none", async () => {
  const partners = await usePartners();
  await partners.setMode("webhooks", { mode: "answer-lost", count: 1 });
  await expect(tell(partners, "v1", "w1")).rejects.toThrow("fetch failed");
  expect((await tell(partners, "v1", "w1")).status).toBe(200);
  expect(await outcomes(partners)).toEqual([
    ["answer-lost", true],
    ["repeated", false],
  ]);
});
