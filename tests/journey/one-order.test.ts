import { statSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { afterAll, expect, test } from "vitest";
import { defaultPorts } from "#local/cloud/index.ts";
import { Vendor } from "#shared/contracts/directory.ts";
import { OrderPage, OrderReceipt } from "#shared/contracts/resources.ts";
import { startVendorServer, type VendorServer } from "../fakes/vendor-server.ts";
import { expectAllDone, expectConfirmed, expectStockFor } from "./support/all-done.ts";
import { eventually } from "./support/eventually.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { ledger, mailsAbout } from "./support/partner-books.ts";
import { type Place, readPlace } from "./support/place.ts";
import { inCosmos } from "./support/stores.ts";
import { authorised, place202, type PlacedOrder, post, requestFor, view } from "./support/storefront.ts";

/** vendor-knit receives its webhooks here, so that the test sees their every byte. */
let knit: VendorServer | undefined;
const secret = `whsec_${Buffer.from("a secret that only this test knows").toString("base64")}`;

const cloud = useCloud({
  async settings(portOffset) {
    knit = await startVendorServer();
    const targets = [defaultPorts.partners + portOffset, knit.port].map((port) => `127.0.0.1:${port}`);
    return { WEBHOOK_PRIVATE_TARGETS: targets.join(",") };
  },
});
afterAll(() => knit?.stop());

/** All orders of this file: at the end, the partners must have seen these and nothing else. */
const placed: PlacedOrder[] = [];
const place = async (brand: string, key: string): Promise<PlacedOrder> => {
  const order = await place202(cloud().place, brand, key);
  placed.push(order);
  return order;
};

async function tellKnitHere(at: Place): Promise<void> {
  const endpoint = { kind: "webhook", url: knit?.url, secret };
  const vendor = Vendor.parse({ id: "vendor-knit", name: "Knit & Co", endpoint });
  await inCosmos(at, (client) => client.database("expedite").container("vendors").items.upsert(vendor));
}

const told = async (order: PlacedOrder): Promise<void> =>
  await eventually(() => expectConfirmed(cloud().place, [order]));

test("endpoints.json says where everything is, with a key for everybody and a sample order for each brand", () => {
  const { home } = cloud();
  const { keys, samples } = readPlace(home);

  expect(Object.keys(keys.storefront)).toEqual(["pancake-palace", "sock-drawer"]);
  expect(Object.keys(keys.vendor)).toEqual(["vendor-mill", "vendor-dairy", "vendor-knit"]);
  expect(Object.keys(keys.ops)).toEqual(["ops"]);
  expect(Object.keys(samples)).toEqual(["pancake-palace", "sock-drawer"]);
  for (const { lines } of Object.values(samples)) {
    expect(new Set(lines.map(({ vendorId }) => vendorId)).size).toBe(2);
    expect(lines.filter(({ vendorId }) => vendorId === "vendor-dairy")).toHaveLength(1);
  }
  expect(statSync(join(home, "endpoints.json")).mode & 0o777).toBe(0o600);
});

test("an order is answered 202 with where to follow it, and the same again when it is repeated", async () => {
  const at = cloud().place;
  const body = requestFor(at, "pancake-palace");

  const first = await post(at, "pancake-palace", "repeated", body);
  const receipt = OrderReceipt.parse(await first.json());
  placed.push({ id: receipt.id, brand: "pancake-palace", request: body });

  expect(first.status).toBe(202);
  expect(first.headers.get("idempotency-replayed")).toBeNull();
  expect(receipt).toEqual({
    id: receipt.id,
    status: "accepted",
    statusUrl: `/api/orders/${receipt.id}`,
  });
  expect(first.headers.get("location")).toBe(receipt.statusUrl);

  await told({ id: receipt.id, brand: "pancake-palace", request: body });
  const again = await post(at, "pancake-palace", "repeated", body);
  expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([202, "true"]);
  expect(again.headers.get("location")).toBe(receipt.statusUrl);
  expect(await again.json()).toEqual(receipt);

  const other = await post(at, "pancake-palace", "repeated", { ...body, reference: "another" });
  expect([other.status, await other.json()]).toMatchObject([
    422,
    { type: "/problems/idempotency-key-reused" },
  ]);
});

test("the same key of another brand is another order", async () => {
  await tellKnitHere(cloud().place);
  const one = await place("pancake-palace", "shared-key");
  const other = await place("sock-drawer", "shared-key");
  expect(one.id).not.toBe(other.id);
  await Promise.all([told(one), told(other)]);
});

test("the status tells what happened and who was told, and says when nothing is new", async () => {
  const at = cloud().place;
  const order = await place("pancake-palace", "followed");
  await told(order);

  const seen = await view(at, order);
  expect(seen).toMatchObject({ status: "confirmed", totalMinor: 2 * 1250 + 640, currency: "AUD" });
  expect(seen.timeline.map(({ event }) => event)).toEqual(["order.placed.v1", "order.confirmed.v1"]);
  const notices = seen.notifications.map(({ event, channel, recipient, state, attempts }) =>
    [event, channel, recipient, state, attempts].join(" "),
  );
  expect(notices.toSorted()).toEqual([
    "order.confirmed.v1 customer-email customer delivered 1",
    "order.confirmed.v1 vendor-email vendor-dairy delivered 1",
    "order.confirmed.v1 vendor-webhook vendor-mill delivered 1",
    "order.placed.v1 customer-email customer delivered 1",
  ]);

  const url = `${at.functions}/api/orders/${order.id}`;
  const fresh = await fetch(url, { headers: authorised(at, order.brand) });
  const etag = fresh.headers.get("etag") ?? "";
  expect(etag).toMatch(/^"[\w-]+"$/);
  const same = await fetch(url, { headers: { ...authorised(at, order.brand), "if-none-match": etag } });
  expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);

  const stranger = await fetch(url, { headers: authorised(at, "sock-drawer") });
  expect([stranger.status, await stranger.json()]).toMatchObject([404, { type: "/problems/not-found" }]);
});

test("the customer has two mails, each in HTML and in plain text, from the brand", async () => {
  const at = cloud().place;
  const order = await place("sock-drawer", "mailed");
  await told(order);

  const mails = (await mailsAbout(at, order.id)).filter(({ to }) => to.includes("kim@example.com"));
  expect(new Set(mails.map(({ template }) => template))).toEqual(
    new Set(["order-confirmed", "order-received"]),
  );
  expect(mails).toHaveLength(2);
  for (const { from, text, html } of mails) {
    expect(from).toBe("hello@sock-drawer.example");
    for (const content of [text, html]) {
      expect(content).toContain("Kim Bauer");
      expect(content).toContain("WOOL-SOCKS");
      expect(content).toContain(order.id);
    }
    expect(text).not.toMatch(/<\w+/);
    expect(html).toMatch(/^<!doctype html>/);
  }
});

test("a vendor with a webhook gets its own lines, in a body that the standardwebhooks package verifies", async () => {
  const order = await place("sock-drawer", "hooked");
  await told(order);

  const received = knit?.delivered.filter(({ body }) => body.includes(order.id)) ?? [];
  expect(received).toHaveLength(1);
  const [{ headers, body } = { headers: {}, body: "" }] = received;
  const signed = {
    "webhook-id": String(headers["webhook-id"]),
    "webhook-timestamp": String(headers["webhook-timestamp"]),
    "webhook-signature": String(headers["webhook-signature"]),
  };
  const verified = new Webhook(secret).verify(body, signed);
  expect(verified).toEqual({
    type: "order.confirmed.v1",
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    data: {
      orderId: order.id,
      brandId: "sock-drawer",
      vendorId: "vendor-knit",
      reference: "J-1",
      currency: "EUR",
      lines: [{ sku: "WOOL-SOCKS", quantity: 3, unitPrice: 1490 }],
      shipTo: { name: "Kim Bauer", line1: "Lange Str. 5", city: "Hamburg", postcode: "20095", country: "DE" },
    },
  });
  expect(() => new Webhook(secret).verify(body.replace("WOOL", "SILK"), signed)).toThrow(
    "No matching signature",
  );
  expect(body).not.toContain("kim@example.com");

  const atThePartner = await ledger(cloud().place, "webhooks");
  expect(atThePartner.filter(({ orderId }) => orderId === order.id)).toEqual([]);
});

test("a vendor without a webhook gets a mail with its own lines and where to send them", async () => {
  const order = await place("pancake-palace", "mailed-vendor");
  await told(order);

  const mails = (await mailsAbout(cloud().place, order.id)).filter(({ to }) =>
    to.includes("orders@vendor-dairy.example"),
  );
  expect(mails).toHaveLength(1);
  const [{ text, html, template } = { text: "", html: "", template: "" }] = mails;
  expect(template).toBe("vendor-new-order");
  for (const content of [text, html]) {
    expect(content).toContain("BUTTER");
    expect(content).not.toContain("PANCAKE-MIX");
    expect(content).toContain("1 High St");
    expect(content).not.toContain("sam@example.com");
  }
});

test("the list shows a brand its own orders, the newest first, page by page", async () => {
  const at = cloud().place;
  const older = placed.filter(({ brand }) => brand === "sock-drawer").map(({ id }) => id);
  for (const key of ["listed-1", "listed-2", "listed-3"]) await place("sock-drawer", key);
  const all = placed.filter(({ brand }) => brand === "sock-drawer").map(({ id }) => id);
  expect(all).toHaveLength(older.length + 3);

  const listed: string[] = [];
  let after: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "2", ...(after === undefined ? {} : { after }) });
    const answer = await fetch(`${at.functions}/api/orders?${query.toString()}`, {
      headers: authorised(at, "sock-drawer"),
    });
    const page = OrderPage.parse(await answer.json());
    expect(page.orders.length).toBeLessThanOrEqual(2);
    listed.push(...page.orders.map(({ id }) => id));
    after = page.next;
  } while (after !== undefined);
  expect(listed).toEqual(all.toReversed());

  const confirmed = await fetch(`${at.functions}/api/orders?status=cancelled`, {
    headers: authorised(at, "sock-drawer"),
  });
  expect(await confirmed.json()).toEqual({ orders: [] });
});

test("of all these orders, each partner saw each effect once", async () => {
  const at = cloud().place;
  const ours = placed.flatMap(({ id, request }) => {
    const webhooks = request.lines.some(({ vendorId }) => vendorId === "vendor-mill");
    return [
      `${id} authorise`,
      `${id} capture`,
      `${id} order-received to ${request.customer.email}`,
      `${id} order-confirmed to ${request.customer.email}`,
      `${id} vendor-new-order to orders@vendor-dairy.example`,
      ...(webhooks ? [`${id} order.confirmed.v1 to vendor-mill`] : []),
    ];
  });
  await expectAllDone(at, placed, { effects: ours });
  await expectConfirmed(at, placed);
  await expectStockFor(at, placed);
  const knitOrders = placed.filter(({ brand }) => brand === "sock-drawer");
  expect(knit?.delivered).toHaveLength(knitOrders.length);
});
