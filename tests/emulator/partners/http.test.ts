import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { KEYS, usePartners } from "./world.ts";

test("a path that leads nowhere is 404, another method is 405 and says what is allowed", async () => {
  const partners = await usePartners();
  expect((await partners.json("GET", "/parcels")).status).toBe(404);
  expect((await partners.json("GET", "/payments/%ZZ")).status).toBe(404);
  const response = await fetch(`${partners.url}/payments/mode`, { method: "POST" });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, PUT"]);
});

test("a body beyond 10 MB is refused with 413", async () => {
  const partners = await usePartners();
  const { status } = await partners.json("POST", "/emails:send", "x".repeat(10 * 1024 * 1024));
  expect(status).toBe(413);
});

test("garbage instead of HTTP does no harm", async () => {
  const partners = await usePartners();
  const socket = connect(partners.port, "127.0.0.1");
  socket.end("\u0000\u0001 nonsense\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/);
  expect((await partners.json("GET", "/health")).status).toBe(200);
});

test.for([
  ["a missing key", {}, { orderId: "o" }, 400],
  ["a wrong body", { "idempotency-key": "k" }, { orderId: 7 }, 400],
  ["a field too many", { "idempotency-key": "k" }, { orderId: "o", colour: "red" }, 400],
  ["an unknown payment", { "idempotency-key": "k" }, { orderId: "o" }, 404],
] as const)("a capture with %s is refused", async ([, headers, body, status]) => {
  const partners = await usePartners();
  const response = await fetch(`${partners.url}/payments/captures`, {
    method: "POST",
    headers: { ...headers, authorization: `Bearer ${KEYS.payments}` },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(status);
  expect(await partners.ledger("payments")).toEqual([
    expect.objectContaining({ kind: "capture", effect: false }),
  ]);
});

test("the stock levels that were set are shown", async () => {
  const partners = await usePartners();
  await partners.json("PUT", "/stock/levels/TEA", { available: 4 });
  expect((await partners.json("GET", "/stock/levels/TEA")).body).toEqual({ sku: "TEA", available: 4 });
  expect((await partners.json("GET", "/stock/levels/CAKE")).body).toEqual({
    sku: "CAKE",
    available: 1_000_000,
  });
  expect((await partners.json("GET", "/stock/levels")).body).toEqual({
    levels: [{ sku: "TEA", available: 4 }],
  });
  expect((await partners.json("PUT", "/stock/levels/TEA", { available: -1 })).status).toBe(400);
});
