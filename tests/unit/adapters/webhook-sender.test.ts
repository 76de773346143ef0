import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, onTestFinished, test } from "vitest";
import { createWebhookSender } from "#shared/adapters/webhook/webhook-sender.ts";
import { startVendorServer, type VendorServer } from "../../fakes/vendor-server.ts";

const secret = `whsec_${randomBytes(24).toString("base64")}`;
const body = JSON.stringify({ type: "order.confirmed.v1", data: { note: "Grüße ☕" } });
const now = (): number => Date.now();

async function useVendor(): Promise<VendorServer> {
  const vendor = await startVendorServer();
  onTestFinished(() => vendor.stop());
  return vendor;
}

test("what is on the wire is verified by the standard's own library", async () => {
  const vendor = await useVendor();
  const sender = createWebhookSender({ allowPrivate: [`127.0.0.1:${vendor.port}`], now });
  await sender.post({ url: vendor.url, id: "delivery-1", body, secret });
  const [delivered] = vendor.delivered;
  const headers = Object.fromEntries(
    Object.entries(delivered?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  expect(new Webhook(secret).verify(delivered?.body ?? "", headers)).toEqual(JSON.parse(body));
  expect(headers).toMatchObject({ "webhook-id": "delivery-1", "content-type": "application/json" });
});

test("each attempt is signed at its own time", async () => {
  const vendor = await useVendor();
  let nowMs = 1_000_000;
  const sender = createWebhookSender({ allowPrivate: [`127.0.0.1:${vendor.port}`], now: () => nowMs });
  await sender.post({ url: vendor.url, id: "delivery-1", body, secret });
  nowMs += 3_600_000;
  await sender.post({ url: vendor.url, id: "delivery-1", body, secret });
  expect(vendor.delivered.map(({ headers }) => headers["webhook-timestamp"])).toEqual(["1000", "4600"]);
});

test("a private address is refused and not connected to", async () => {
  const vendor = await useVendor();
  const sender = createWebhookSender({ allowPrivate: [], now });
  for (const url of [vendor.url, vendor.url.replace("http:", "https:")]) {
    await expect(sender.post({ url, id: "d", body, secret })).rejects.toMatchObject({
      name: "PermanentFault",
    });
  }
  expect(vendor.delivered).toEqual([]);
});

test("a name that leads to a private address is refused and not connected to", async () => {
  const vendor = await useVendor();
  const sender = createWebhookSender({
    allowPrivate: [],
    now,
    resolve: (_host, done) => done(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  const url = `https://vendor.example:${vendor.port}/notices`;
  await expect(sender.post({ url, id: "d", body, secret })).rejects.toMatchObject({
    name: "PermanentFault",
    reason: "AddressRefused",
  });
  expect(vendor.delivered).toEqual([]);
});

test("a name that isn't known is tried again later, and nothing was sent", async () => {
  const failure = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  const sender = createWebhookSender({ allowPrivate: [], now, resolve: (_host, done) => done(failure, []) });
  const url = "https://vendor.example/notices";
  await expect(sender.post({ url, id: "d", body, secret })).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: false,
  });
});

test("a vendor who falls silent is given up after the time-out, and may have acted", async () => {
  const vendor = await useVendor();
  vendor.fallSilent();
  const allowPrivate = [`127.0.0.1:${vendor.port}`];
  const sender = createWebhookSender({ allowPrivate, now, timeoutMs: 100 });
  await expect(sender.post({ url: vendor.url, id: "d", body, secret })).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: true,
  });
});

test("a vendor who is not there is tried again later, and nothing was sent", async () => {
  const sender = createWebhookSender({ allowPrivate: ["127.0.0.1:1"], now });
  const webhook = { url: "http://127.0.0.1:1/", id: "d", body, secret };
  await expect(sender.post(webhook)).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: false });
});
