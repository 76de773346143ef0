import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WebhookRequest, WebhookSender } from "#shared/ports/webhook-sender.ts";
import { RETRY_AFTER_SECONDS } from "../fakes/trouble.ts";
import type { VendorAnswer } from "../fakes/memory-webhook-sender.ts";

export interface WebhookWorld {
  readonly sender: WebhookSender;
  /** Where the vendor listens. */
  readonly url: string;
  /** What reached the vendor under an id, refused or not. */
  received(id: string): Promise<readonly { readonly body: string }[]>;
  /** What the vendor does with the next webhook; 200 otherwise. */
  answer(next: VendorAnswer): Promise<void>;
  stop(): Promise<void>;
}

export const aSecret = (): string => `whsec_${randomBytes(24).toString("base64")}`;

/** What every sender of webhooks behind the port promises. */
export function testWebhookSender(name: string, start: () => Promise<WebhookWorld>): void {
  describe(`webhook sender: ${name}`, () => {
    let world: WebhookWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const aWebhook = (): WebhookRequest => ({
      url: world.url,
      id: `delivery-${randomUUID()}`,
      body: JSON.stringify({ type: "order.confirmed.v1", data: { orderId: "o-1", note: "Grüße ☕" } }),
      secret: aSecret(),
    });

    test("a webhook arrives as it was written", async () => {
      const webhook = aWebhook();
      await world.sender.post(webhook);
      expect((await world.received(webhook.id)).map(({ body }) => body)).toEqual([webhook.body]);
    });

    test("a repeat carries the same id", async () => {
      const webhook = aWebhook();
      await world.sender.post(webhook);
      await world.sender.post(webhook);
      expect(await world.received(webhook.id)).toHaveLength(2);
    });

    test.for([401, 403, 404, 408, 425, 429, 500, 502, 503, 504])(
      "%i is tried again later",
      async (status) => {
        await world.answer({ status });
        await expect(world.sender.post(aWebhook())).rejects.toMatchObject({ name: "TransientFault" });
      },
    );

    test.for([400, 405, 413, 415, 422])("%i is a permanent fault", async (status) => {
      await world.answer({ status });
      await expect(world.sender.post(aWebhook())).rejects.toMatchObject({ name: "PermanentFault" });
    });

    test("410 means that the vendor wants no more of these", async () => {
      await world.answer({ status: 410 });
      await expect(world.sender.post(aWebhook())).rejects.toMatchObject({
        name: "PermanentFault",
        reason: "Gone",
      });
    });

    test.for([301, 302, 307, 308])("%i is not followed", async (status) => {
      const webhook = aWebhook();
      await world.answer({ status });
      await expect(world.sender.post(webhook)).rejects.toMatchObject({ name: "PermanentFault" });
      expect(await world.received(webhook.id)).toHaveLength(1);
    });

    test.for([429, 503])("%i with Retry-After says when to come back", async (status) => {
      await world.answer({ status, retryAfterSeconds: RETRY_AFTER_SECONDS });
      await expect(world.sender.post(aWebhook())).rejects.toMatchObject({
        retryAfterMs: RETRY_AFTER_SECONDS * 1_000,
      });
    });

    test("a vendor who hangs up without an answer may have acted", async () => {
      const webhook = aWebhook();
      await world.answer("hang-up");
      await expect(world.sender.post(webhook)).rejects.toMatchObject({
        name: "TransientFault",
        unknownOutcome: true,
      });
      expect(await world.received(webhook.id)).toHaveLength(1);
    });
  });
}
