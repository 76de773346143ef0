import { expect, test } from "vitest";
import { HandOverReceipt, QuestionView } from "#shared/contracts/resources.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { effects, mailsAbout } from "./support/partner-books.ts";
import { setAvailable } from "./support/stores.ts";
import { brandNames, type PlacedOrder, post, requestFor, view } from "./support/storefront.ts";

/** Long enough to answer, short enough to let it pass. */
const ANSWER_WITHIN_MS = 8_000;
const cloud = useCloud({
  settings: (offset) =>
    Promise.resolve({
      RETRY_BASE_MS: "100",
      RETRY_CAP_MS: "500",
      ANSWER_WITHIN_MS: String(ANSWER_WITHIN_MS),
      REMIND_BEFORE_MS: String(ANSWER_WITHIN_MS / 2),
      FOLLOW_UP_SCHEDULE: "*/1 * * * * *",
      PUBLIC_URL: `http://127.0.0.1:${7071 + offset}`,
    }),
});

const BRAND = brandNames[0];

async function sell(key: string, changes: Partial<PlacedOrder["request"]>): Promise<PlacedOrder> {
  const request = { ...requestFor(cloud().place, BRAND), ...changes };
  const response = await post(cloud().place, BRAND, key, request);
  expect(response.status).toBe(202);
  return { id: response.headers.get("location")?.split("/").at(-1) ?? "", brand: BRAND, request };
}

const statusIs = (order: PlacedOrder, status: string): Promise<void> =>
  eventually(async () => expect((await view(cloud().place, order)).status).toBe(status), 20_000);

const mailOf = async (order: PlacedOrder, template: string) =>
  (await mailsAbout(cloud().place, order.id)).filter((mail) => mail.template === template);

/** The address in the mail that asks, as the customer would follow it. */
async function linkTo(order: PlacedOrder): Promise<string> {
  await eventually(async () => expect(await mailOf(order, "order-attention")).toHaveLength(1), 20_000);
  const [mail] = await mailOf(order, "order-attention");
  const [link] = /http:\S+\/api\/questions\/\S+/.exec(mail?.text ?? "") ?? [];
  if (link === undefined) throw new Error(`There is no link in ${mail?.text}`);
  return link;
}

const answer = (link: string, body: object): Promise<Response> =>
  fetch(link, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const stepsOf = async (order: PlacedOrder): Promise<string[]> =>
  (await effects(cloud().place))
    .filter((effect) => effect.startsWith(`${order.id} `))
    .map((effect) => effect.slice(order.id.length + 1));

test("a declined card is asked about by mail, and the new one behind the link pays the order, once", async () => {
  const order = await sell("declined", { payment: { token: "tok_declined" } });
  const link = await linkTo(order);
  const page = await fetch(link, { headers: { accept: "text/html" } });
  expect([page.status, page.headers.get("content-type")]).toEqual([
    200,
    expect.stringContaining("text/html"),
  ]);
  expect(await page.text()).toContain("Pancake Palace");
  const shown = QuestionView.parse(await (await fetch(link)).json());
  expect(shown.order).toMatchObject({ reason: "payment-declined", choices: ["new-card", "cancel"] });

  const answers = await Promise.all(
    [1, 2, 3].map(() => answer(link, { choice: "new-card", token: "tok_visa" })),
  );
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  await statusIs(order, "confirmed");
  expect((await answer(link, { choice: "cancel" })).status).toBe(409);
  expect((await fetch(`${link.slice(0, -2)}xx`)).status).toBe(404);
  const steps = await stepsOf(order);
  expect(steps.filter((step) => step === "capture")).toHaveLength(1);
}, 60_000);

test("goods that are short are left out at the customer's wish, and the rest is handed over and fulfilled", async () => {
  const { place } = cloud();
  await setAvailable(place, "BUTTER", 0);
  const order = await sell("short", {});
  const link = await linkTo(order);
  const shown = QuestionView.parse(await (await fetch(link)).json());
  expect(shown.order).toMatchObject({ reason: "out-of-stock", totalMinor: 3140, partialTotalMinor: 2500 });
  expect((await answer(link, { choice: "partial" })).status).toBe(202);
  await statusIs(order, "confirmed");
  expect(await view(place, order)).toMatchObject({
    totalMinor: 2500,
    lines: [{ sku: "PANCAKE-MIX" }],
    droppedLines: [{ sku: "BUTTER" }],
  });

  const handOver = (vendorId: string): Promise<Response> =>
    fetch(`${place.functions}/api/vendor/orders/${order.id}/handover`, {
      method: "POST",
      headers: { authorization: `Bearer ${place.keys.vendor[vendorId]}` },
    });
  await eventually(async () => {
    expect(await stepsOf(order)).toContain("order.confirmed.v1 to vendor-mill");
  }, 20_000);
  const [first, again, another] = [
    await handOver("vendor-mill"),
    await handOver("vendor-mill"),
    await handOver("vendor-knit"),
  ];
  expect([first.status, again.status, another.status]).toEqual([200, 200, 404]);
  expect(HandOverReceipt.parse(await first.json())).toEqual(await again.json());
  await statusIs(order, "fulfilled");
  await eventually(async () => expect(await mailOf(order, "order-fulfilled")).toHaveLength(1), 20_000);
  const cancelled = await fetch(`${place.functions}/api/orders/${order.id}/cancellation`, {
    method: "POST",
    headers: { authorization: `Bearer ${place.keys.storefront[BRAND]}` },
  });
  expect(cancelled.status).toBe(409);
  // The vendor whose goods were missing never heard of the order.
  expect((await stepsOf(order)).filter((step) => step.includes("vendor-dairy"))).toEqual([]);
}, 60_000);

test("a question that nobody answers is repeated once and then ends the order, with nothing taken", async () => {
  const order = await sell("unanswered", { payment: { token: "tok_declined" } });
  const link = await linkTo(order);
  await statusIs(order, "cancelled");
  await eventually(async () => expect(await mailOf(order, "order-cancelled")).toHaveLength(1), 20_000);
  expect(await mailOf(order, "order-attention-reminder")).toHaveLength(1);
  const { timeline } = await view(cloud().place, order);
  expect(timeline.at(-1)).toMatchObject({ event: "order.cancelled.v1", detail: "unanswered" });
  expect((await answer(link, { choice: "new-card", token: "tok_visa" })).status).toBe(409);
  const steps = await stepsOf(order);
  expect(steps.filter((step) => /capture|vendor/.test(step))).toEqual([]);
}, 60_000);
