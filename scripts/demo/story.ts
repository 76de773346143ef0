import type { RunningExpedite } from "../expedite.ts";
import { type PlacedOrder, placeOrder, statusOf } from "./storefront.ts";
import {
  chargesPerOrder,
  judge,
  mailsPerOrderAndKind,
  noticesPerOrderAndVendor,
  readLedgers,
} from "./verdict.ts";

const ORDERS = 60;
const SETTLED_WITHIN_MS = 45_000;

const startedAt = Date.now();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const say = (text: string): void => {
  console.log(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);
};

/** Plays the founding story once more; answers whether every promise was kept. */
export async function tellTheStory(expedite: RunningExpedite): Promise<boolean> {
  const placed: PlacedOrder[] = [];
  const posting: Promise<void>[] = [];
  let repeats = 0;
  let number = 0;
  const post = async (next: number): Promise<void> => {
    const { tries, ...order } = await placeOrder(expedite, next);
    placed.push(order);
    repeats += tries - 1;
  };
  const shop = async (count: number, everyMs: number): Promise<void> => {
    for (const end = number + count; number < end; number++) {
      posting.push(post(number));
      await pause(everyMs);
    }
  };
  const progress = setInterval(() => void report(expedite, placed), 2_000);
  const mode = (partner: string, body: object): Promise<void> => switchMode(expedite, partner, body);

  say("A quiet morning: two brands sell, the makers are told, the customers get their mails.");
  await shop(15, 150);
  say("THE MAIL PROVIDER GOES DOWN. Customers keep ordering; checkout does not notice.");
  await mode("mail", { mode: "down" });
  await shop(15, 200);
  say("vendor-knit's webhook goes down as well.");
  await mode("webhooks", { mode: "down", only: ["vendor-knit"] });
  await shop(10, 200);
  say("The mail provider is back, but answers 429: too many requests.");
  await mode("mail", { mode: "throttled", retryAfterSeconds: 1 });
  await shop(5, 200);
  say("kill -9 for the process that runs the functions, in the middle of it all.");
  const victim = expedite.cloud.parts.get("functions")?.pid();
  if (victim !== undefined) process.kill(victim, "SIGKILL");
  await shop(15, 150);
  await Promise.all(posting);
  say(
    `All ${placed.length} orders are accepted (${repeats} posts had to be repeated by the storefronts, same key).`,
  );
  say("Everything recovers.");
  await mode("mail", { mode: "ok" });
  await mode("webhooks", { mode: "ok" });
  await untilSettled(expedite, placed);
  clearInterval(progress);
  return await verdict(expedite, placed);
}

async function switchMode({ endpoints }: RunningExpedite, partner: string, body: object): Promise<void> {
  const response = await fetch(`${endpoints.partners}/${partner}/mode`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${partner} did not change its mode: ${await response.text()}`);
}

const done = (counts: readonly number[]): number => counts.filter((count) => count > 0).length;
const share = (counts: readonly number[]): string => `${done(counts)}/${counts.length}`;

async function report({ endpoints }: RunningExpedite, orders: readonly PlacedOrder[]): Promise<void> {
  const ledgers = await readLedgers(endpoints.partners);
  say(
    `    ${orders.length} orders accepted · charged ${share(chargesPerOrder(ledgers, orders))}` +
      ` · customer mails ${share(mailsPerOrderAndKind(ledgers, orders))}` +
      ` · vendor notices ${share(noticesPerOrderAndVendor(ledgers, orders))}`,
  );
}

async function untilSettled({ endpoints }: RunningExpedite, orders: readonly PlacedOrder[]): Promise<void> {
  const deadline = Date.now() + SETTLED_WITHIN_MS;
  for (;;) {
    const ledgers = await readLedgers(endpoints.partners);
    const counts = [
      ...chargesPerOrder(ledgers, orders),
      ...mailsPerOrderAndKind(ledgers, orders),
      ...noticesPerOrderAndVendor(ledgers, orders),
    ];
    if (done(counts) === counts.length || Date.now() > deadline) break;
    await pause(250);
  }
  // Whatever would come twice would come now.
  await pause(1_500);
}

async function verdict(expedite: RunningExpedite, orders: readonly PlacedOrder[]): Promise<boolean> {
  const statuses = await Promise.all(orders.map((order) => statusOf(expedite, order)));
  const ledgers = await readLedgers(expedite.endpoints.partners);
  const claims = judge(ledgers, orders, statuses, ORDERS);
  console.log("\nWhat the partners' own ledgers say:\n");
  for (const { claim, expected, found, holds } of claims) {
    console.log(`  ${holds ? "✓" : "✗"} ${claim.padEnd(40)} ${found.padStart(8)}   (promised: ${expected})`);
  }
  const refused = ledgers.mail.length - ledgers.mail.filter(({ effect }) => effect).length;
  console.log(
    `\n  The mail provider turned away ${refused} of ${ledgers.mail.length} calls. No order noticed.\n`,
  );
  const kept = claims.every(({ holds }) => holds);
  say(kept ? "Every promise kept." : "A PROMISE WAS BROKEN.");
  return kept;
}
