import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import { KEYS, usePartners } from "./world.ts";

const amount = { amountMinor: 990, currency: "AUD" };

test("whatever was answered before kill -9 is known afterwards, and repeats don't charge again", async () => {
  const dataFolder = await mkdtemp(join(tmpdir(), "partners-"));
  const fixture = join(import.meta.dirname, "fixtures", "serve-partners.ts");
  const child = fork(fixture, [dataFolder, KEYS.payments], { stdio: "inherit" });
  const [baseUrl] = await once(child, "message");
  const payments = createHttpPayments({ baseUrl: String(baseUrl), apiKey: KEYS.payments });
  const answered: string[] = [];
  const begun: string[] = [];
  const shopper = async (): Promise<void> => {
    for (;;) {
      const key = randomUUID();
      begun.push(key);
      await payments.authorise({ key, orderId: key, amount, token: "tok_visa" });
      await payments.capture(key, key);
      answered.push(key);
      if (answered.length === 100) child.kill("SIGKILL");
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: 8 }, shopper));
  expect(ends.map(({ status }) => status)).toEqual(ends.map(() => "rejected"));

  const partners = await usePartners({ dataFolder });
  const again = createHttpPayments({ baseUrl: partners.url, apiKey: KEYS.payments });
  for (const key of answered) expect(await again.find(key)).toBe("captured");
  for (const key of begun) {
    await again.authorise({ key, orderId: key, amount, token: "tok_visa" });
    await again.capture(key, key);
  }
  const entries = await partners.ledger("payments");
  const charges = entries.filter(({ kind, effect }) => kind === "capture" && effect).map(({ key }) => key);
  expect(charges).toHaveLength(begun.length);
  expect(new Set(charges)).toEqual(new Set(begun));
});
