import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import { KEYS, openPartners } from "../emulator/partners/world.ts";
import { createMemoryPayments } from "../fakes/memory-payments.ts";
import { testPayments } from "./payments.contract.ts";
import { modeFor } from "./partner-trouble.ts";

testPayments("in memory", () => {
  const payments = createMemoryPayments();
  return Promise.resolve({
    payments,
    steps: (orderId) =>
      Promise.resolve(payments.effects.filter((one) => one.orderId === orderId).map((one) => one.step)),
    trouble: (trouble) => Promise.resolve(payments.trouble(trouble)),
    stop: () => Promise.resolve(),
  });
});

testPayments("over HTTP", async () => {
  const partners = await openPartners();
  return {
    payments: createHttpPayments({ baseUrl: partners.url, apiKey: KEYS.payments }),
    async steps(orderId) {
      const entries = await partners.ledger("payments");
      return entries.filter((one) => one.effect && one.orderId === orderId).map((one) => one.kind);
    },
    trouble: (trouble) => partners.setMode("payments", modeFor(trouble)),
    stop: () => partners.stop(),
  };
});
