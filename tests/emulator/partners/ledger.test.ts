import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { GroupCommit } from "#local/sqlite/group-commit.ts";
import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import { join } from "node:path";
import { KEYS, openPartners, usePartners } from "./world.ts";

const amount = { amountMinor: 990, currency: "AUD" };
const token = "tok_visa";

test("every call is in the ledger, in order, and only the one that counted has an effect", async () => {
  const partners = await usePartners();
  const payments = createHttpPayments({ baseUrl: partners.url, apiKey: KEYS.payments });
  const [key, orderId] = [randomUUID(), "order-1"];
  await payments.find(key);
  await payments.authorise({ key, orderId, amount, token });
  await payments.capture(key, orderId);
  await payments.capture(key, orderId);
  await partners.setMode("payments", { mode: "down", count: 1 });
  await expect(payments.refund(key, orderId)).rejects.toThrow("503");
  await payments.refund(key, orderId);

  const entries = await partners.ledger("payments");
  expect(entries.map(({ kind, outcome, effect }) => [kind, outcome, effect])).toEqual([
    ["find", "unknown-payment", false],
    ["authorise", "authorised", true],
    ["capture", "captured", true],
    ["capture", "captured", false],
    ["refund", "refused-503", false],
    ["refund", "refunded", true],
  ]);
  expect(entries.map((entry) => entry.key)).toEqual(entries.map(() => key));
  expect(entries.slice(1).map((entry) => entry.orderId)).toEqual(entries.slice(1).map(() => orderId));
  expect(entries.map((entry) => Date.parse(entry.at))).not.toContain(Number.NaN);
});

test("a declined card and an illegal step have no effect", async () => {
  const partners = await usePartners();
  const payments = createHttpPayments({ baseUrl: partners.url, apiKey: KEYS.payments });
  const [key, orderId] = [randomUUID(), "order-2"];
  await payments.authorise({ key, orderId, amount, token: "tok_declined" });
  await expect(payments.capture(key, orderId)).rejects.toThrow("409");
  const entries = await partners.ledger("payments");
  expect(entries.map(({ outcome, effect }) => [outcome, effect])).toEqual([
    ["declined", false],
    ["illegal-step", false],
  ]);
});

test("a wrong key is refused and seen in the ledger", async () => {
  const partners = await usePartners();
  const payments = createHttpPayments({ baseUrl: partners.url, apiKey: "another key" });
  await expect(payments.capture(randomUUID(), "order-3")).rejects.toMatchObject({ name: "TransientFault" });
  const [entry] = await partners.ledger("payments");
  expect(entry).toMatchObject({ orderId: "order-3", outcome: "unauthorised", effect: false });
});

test("the ledger can be read in pages", async () => {
  const partners = await usePartners();
  for (let call = 1; call <= 5; call++) await partners.json("GET", `/payments/key-${call}`);
  const firstTwo = await partners.ledger("payments", "?limit=2");
  const rest = await partners.ledger("payments", `?after=${firstTwo.at(-1)?.seq}`);
  expect([...firstTwo, ...rest].map((entry) => entry.key)).toEqual([1, 2, 3, 4, 5].map((n) => `key-${n}`));
});

test.for(["?limit=two", "?after=-1", "?page=2"])("a listing with %s is refused", async (query) => {
  const partners = await usePartners();
  expect((await partners.json("GET", `/payments/ledger${query}`)).status).toBe(400);
});

test("ledgers, payments and modes outlive a restart", async () => {
  const first = await usePartners();
  const payments = createHttpPayments({ baseUrl: first.url, apiKey: KEYS.payments });
  const [key, orderId] = [randomUUID(), "order-4"];
  await payments.authorise({ key, orderId, amount, token });
  await first.setMode("mail", { mode: "throttled", retryAfterSeconds: 9 });
  const { folder } = first;
  await first.stopOnly();

  const second = await usePartners({ dataFolder: folder });
  const again = createHttpPayments({ baseUrl: second.url, apiKey: KEYS.payments });
  expect(await again.authorise({ key, orderId, amount, token })).toBe("authorised");
  expect((await second.ledger("payments")).map(({ effect }) => effect)).toEqual([true, false]);
  expect((await second.json("GET", "/mail/mode")).body).toEqual({ mode: "throttled", retryAfterSeconds: 9 });
});

test("forgetting the ledgers forgets what they told of", async () => {
  const partners = await usePartners();
  const payments = createHttpPayments({ baseUrl: partners.url, apiKey: KEYS.payments });
  const key = randomUUID();
  await payments.authorise({ key, orderId: "order-5", amount, token });
  expect((await partners.json("DELETE", "/ledgers")).status).toBe(204);
  expect(await partners.ledger("payments")).toEqual([]);
  expect(await payments.find(key)).toBeUndefined();
});

test("a ledger of 100,000 entries is there within two seconds", async () => {
  const partners = await openPartners();
  const { folder } = partners;
  await partners.stopOnly();
  const store = new GroupCommit({ path: join(folder, "partners.db"), durability: "relaxed" });
  const entry = { at: new Date(0).toISOString(), orderId: "o", kind: "capture", key: "k", effect: true };
  const insert = store.db.prepare("INSERT INTO ledger (name, entry) VALUES ('payments', ?)");
  await store.write(() => {
    for (let row = 0; row < 100_000; row++) insert.run(JSON.stringify(entry));
  });
  store.close();

  const again = await usePartners({ dataFolder: folder });
  const begun = performance.now();
  const entries = await again.ledger("payments");
  expect(entries).toHaveLength(100_000);
  expect(performance.now() - begun).toBeLessThan(2_000);
});

test("a port that is taken is an error, and nothing stays open", async () => {
  const partners = await usePartners();
  await expect(openPartners({ port: partners.port })).rejects.toThrow("EADDRINUSE");
  await expect(openPartners({ smtpPort: partners.smtpPort })).rejects.toThrow("EADDRINUSE");
});
