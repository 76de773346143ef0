import { createWebhookSender } from "#shared/adapters/webhook/webhook-sender.ts";
import { createMemoryWebhookSender } from "../fakes/memory-webhook-sender.ts";
import { startVendorServer } from "../fakes/vendor-server.ts";
import { testWebhookSender } from "./webhook-sender.contract.ts";

testWebhookSender("in memory", () => {
  const sender = createMemoryWebhookSender();
  return Promise.resolve({
    sender,
    url: "https://vendor.example/notices",
    received: (id) => Promise.resolve(sender.received.filter((webhook) => webhook.id === id)),
    answer: (next) => Promise.resolve(sender.answer(next)),
    stop: () => Promise.resolve(),
  });
});

testWebhookSender("over HTTP", async () => {
  const vendor = await startVendorServer();
  const allowPrivate = [`127.0.0.1:${vendor.port}`];
  return {
    sender: createWebhookSender({ allowPrivate, now: () => Date.now() }),
    url: vendor.url,
    received: (id) => Promise.resolve(vendor.delivered.filter(({ headers }) => headers["webhook-id"] === id)),
    answer: (next) => Promise.resolve(vendor.answer(next)),
    stop: () => vendor.stop(),
  };
});
