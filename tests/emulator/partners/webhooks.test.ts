import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { createWebhookSender } from "#shared/adapters/webhook/webhook-sender.ts";
import { aSecret } from "../../contract/webhook-sender.contract.ts";
import { usePartners } from "./world.ts";

const body = JSON.stringify({ type: "order.confirmed.v1", data: { orderId: "order-1" } });

test("a webhook signed by the standard's own library is accepted", async () => {
  const secret = aSecret();
  const partners = await usePartners({ webhookSecrets: { "vendor-mill": secret } });
  const at = new Date();
  const headers = {
    "webhook-id": "w1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": `v1,bm90IG91cnM= ${new Webhook(secret).sign("w1", at, body)}`,
  };
  const response = await fetch(`${partners.url}/webhooks/vendor-mill`, { method: "POST", headers, body });
  expect(response.status).toBe(200);
  expect(await partners.ledger("webhooks")).toEqual([
    expect.objectContaining({
      kind: "order.confirmed.v1",
      orderId: "order-1",
      vendorId: "vendor-mill",
      key: "w1",
      effect: true,
    }),
  ]);
});

test("our own sender is accepted, its repeat has no effect, another secret is refused", async () => {
  const partners = await usePartners();
  const secret = aSecret();
  await partners.json("PUT", "/webhooks/vendor-mill/secret", { secret });
  const allowPrivate = [`127.0.0.1:${partners.port}`];
  const sender = createWebhookSender({ allowPrivate, now: () => Date.now() });
  const webhook = { url: `${partners.url}/webhooks/vendor-mill`, id: "w1", body, secret };
  await sender.post(webhook);
  await sender.post(webhook);
  await expect(sender.post({ ...webhook, id: "w2", secret: aSecret() })).rejects.toThrow("401");
  const entries = await partners.ledger("webhooks");
  expect(entries.map(({ outcome, effect }) => [outcome, effect])).toEqual([
    ["received", true],
    ["repeated", false],
    ["wrong-signature", false],
  ]);
});

test.for([-6 * 60_000, 6 * 60_000])("a signature that is %i ms off is refused", async (offMs) => {
  const secret = aSecret();
  const partners = await usePartners({ webhookSecrets: { v1: secret } });
  const allowPrivate = [`127.0.0.1:${partners.port}`];
  const sender = createWebhookSender({ allowPrivate, now: () => Date.now() + offMs });
  const webhook = { url: `${partners.url}/webhooks/v1`, id: "w1", body, secret };
  await expect(sender.post(webhook)).rejects.toThrow("401");
});

test("the same id at two vendors is two webhooks", async () => {
  const partners = await usePartners();
  for (const vendor of ["v1", "v2"]) {
    const headers = { "webhook-id": "w1" };
    await fetch(`${partners.url}/webhooks/${vendor}`, { method: "POST", headers, body });
  }
  expect((await partners.ledger("webhooks")).map(({ effect }) => effect)).toEqual([true, true]);
});

test.for([
  ["without an id", {}, body],
  ["that is not JSON", { "webhook-id": "w1" }, "hello"],
] as const)("a webhook %s is refused", async ([, headers, text]) => {
  const partners = await usePartners();
  const response = await fetch(`${partners.url}/webhooks/v1`, { method: "POST", headers, body: text });
  expect(response.status).toBe(400);
  expect((await partners.ledger("webhooks")).map(({ effect }) => effect)).toEqual([false]);
});

test("a secret that is none is refused", async () => {
  const partners = await usePartners();
  const { status } = await partners.json("PUT", "/webhooks/v1/secret", { secret: "short" });
  expect(status).toBe(400);
});
