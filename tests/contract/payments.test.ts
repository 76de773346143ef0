import { createCommercePartner } from "#shared/adapters/commerce-partner/commerce-partner.ts";
import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import type { Payments } from "#shared/ports/payments.ts";
import { KEYS, openPartners, type PartnersWorld } from "../emulator/partners/world.ts";
import { createMemoryPayments } from "../fakes/memory-payments.ts";
import { type PaymentsWorld, testPayments } from "./payments.contract.ts";
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

const partnerPayments = async (
  name: string,
  create: (partners: PartnersWorld) => Payments,
): Promise<PaymentsWorld> => {
  const partners = await openPartners();
  return {
    payments: create(partners),
    async steps(orderId) {
      const entries = await partners.ledger(name);
      return entries.filter((one) => one.effect && one.orderId === orderId).map((one) => one.kind);
    },
    trouble: (trouble) => partners.setMode(name, modeFor(trouble)),
    stop: () => partners.stop(),
  };
};

testPayments("over HTTP", () =>
  partnerPayments("payments", ({ url }) => createHttpPayments({ baseUrl: url, apiKey: KEYS.payments })),
);

testPayments("the partner that keeps the stock as well", () =>
  partnerPayments(
    "commerce",
    ({ url }) => createCommercePartner({ baseUrl: url, apiKey: KEYS.stock }).payments,
  ),
);
