import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { signedHeaders } from "#shared/adapters/webhook/signature.ts";

const body = JSON.stringify({ type: "order.confirmed.v1", note: "Grüße ☕" });

test.for(["whsec_", ""])(
  "the standard's own library verifies what we sign (secret with prefix '%s')",
  (prefix) => {
    const secret = prefix + randomBytes(24).toString("base64");
    const headers = signedHeaders({ id: "delivery-1", body, secret }, Date.now());
    expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  },
);

test("a changed body, id, timestamp or secret doesn't verify", () => {
  const secret = `whsec_${randomBytes(24).toString("base64")}`;
  const headers = signedHeaders({ id: "delivery-1", body, secret }, Date.now());
  const webhook = new Webhook(secret);
  const later = String(Number(headers["webhook-timestamp"]) + 1);
  expect(() => webhook.verify(`${body} `, headers)).toThrow("signature");
  expect(() => webhook.verify(body, { ...headers, "webhook-id": "delivery-2" })).toThrow("signature");
  expect(() => webhook.verify(body, { ...headers, "webhook-timestamp": later })).toThrow("signature");
  const other = new Webhook(randomBytes(24).toString("base64"));
  expect(() => other.verify(body, headers)).toThrow("signature");
});
