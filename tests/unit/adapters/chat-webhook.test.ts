import { afterAll, beforeAll, expect, test } from "vitest";
import { createChatWebhook } from "#shared/adapters/chat/chat-webhook.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { startVendorServer, type VendorServer } from "../../fakes/vendor-server.ts";

let server: VendorServer;
beforeAll(async () => {
  server = await startVendorServer();
});
afterAll(() => server.stop());

const chat = (url: string, allowPrivate: readonly string[] = []) => createChatWebhook({ url, allowPrivate });

test("an alarm is posted as the text of a chat message", async () => {
  await chat(server.url, [`127.0.0.1:${server.port}`]).say("PAGE: stock waits");
  expect(server.delivered.map(({ body }) => JSON.parse(body))).toEqual([{ text: "PAGE: stock waits" }]);
});

test.each([
  ["our own machine", () => server.url],
  ["Azure's metadata service", () => "https://169.254.169.254/metadata/identity"],
  ["plain http", () => "http://chat.example/hook"],
])("nothing is posted to %s", async (_what, url) => {
  const before = server.delivered.length;
  await expect(chat(url()).say("hello")).rejects.toThrow(PermanentFault);
  expect(server.delivered).toHaveLength(before);
});

test("an answer that may pass is told from one that will not, without the key in the address", async () => {
  const allowed = chat(server.url, [`127.0.0.1:${server.port}`]);
  server.answer({ status: 500 });
  await expect(allowed.say("hello")).rejects.toThrow(TransientFault);
  server.answer({ status: 404 });
  const refused = await allowed.say("hello").catch(String);
  expect(refused).toContain("answered 404");
  expect(refused).not.toContain("/notices");
});
