import { beforeEach, describe, expect, test } from "vitest";
import type { Order } from "#shared/contracts/order.ts";
import { OrderPage, OrderReceipt, OrderView } from "#shared/contracts/resources.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { anOrder, noonPlus } from "../../builders/orders.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import { type Answer, call, useApp } from "./the-functions.ts";

let app: MemoryApp;
beforeEach(() => {
  app = useApp(createMemoryApp());
});

const ours = { authorization: `Bearer ${KEYS.storefront}` };
const theirs = { authorization: `Bearer ${KEYS.otherBrand}` };
const problemIn = ({ body }: Answer): unknown => Object(body).type;

const placed = (changes: Partial<Order> = {}): Order => {
  const order = anOrder(changes);
  app.orders.put(order);
  return order;
};

/** What somebody may put into an address instead of an id. */
const noIds = ["", " ", "..", "a/b", "a\\b", "a#b", "ord_", "x".repeat(3000), "\ud800", "%2e%2e"];
const noIdReachesTheStore = () =>
  useApp({
    ...app,
    orders: { ...app.orders, get: (ref) => Promise.reject(new Error(`asked for ${ref.orderId}`)) },
    ledger: { ...app.ledger, ofOrder: (id) => Promise.reject(new Error(`asked for ${id}`)) },
  });

describe("get-order", () => {
  const get = (id: string, headers: Readonly<Record<string, string>> = ours) =>
    call("get-order", { method: "GET", params: { id }, headers });

  test("shows the order and every notice, and nothing that is none of a shopper's business", async () => {
    const order = placed();
    await app.ledger.createIfAbsent(aDelivery({ orderId: order.id }));
    const { status, body, headers } = await get(order.id);
    expect(status).toBe(200);
    expect(OrderView.parse(body)).toMatchObject({ id: order.id, notifications: [{ state: "pending" }] });
    expect(headers.get("cache-control")).toBe("private, no-cache");
    for (const secret of [order.payment.token, order.payment.key, order.fingerprint, order.customer.email]) {
      expect(JSON.stringify(body)).not.toContain(secret);
    }
  });

  test("answers 304 without a body as long as nothing changed, and the whole order as soon as something did", async () => {
    const order = placed();
    const etag = (await get(order.id)).headers.get("etag") ?? "";
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await get(order.id, { ...ours, "if-none-match": known });
      expect([again.status, again.body, again.headers.get("etag")]).toEqual([304, undefined, etag]);
    }
    expect((await get(order.id, { ...ours, "if-none-match": '"other"' })).status).toBe(200);
    await app.ledger.createIfAbsent(aDelivery({ orderId: order.id }));
    expect((await get(order.id, { ...ours, "if-none-match": etag })).status).toBe(200);
  });

  test("another brand's order does not exist", async () => {
    const order = placed();
    const answer = await get(order.id, theirs);
    expect([answer.status, problemIn(answer)]).toEqual([404, "/problems/not-found"]);
  });

  test.each(noIds)("%j is not found, without asking the store", async (id) => {
    noIdReachesTheStore();
    const answer = await get(id);
    expect([answer.status, problemIn(answer)]).toEqual([404, "/problems/not-found"]);
  });
});

describe("list-orders", () => {
  const list = (query: Readonly<Record<string, string>> = {}, headers = ours) =>
    call("list-orders", { method: "GET", query, headers });

  const placeFive = (): Order[] =>
    [0, 1, 2, 3, 4].map((minute) => {
      const { id } = anOrder();
      const createdAt = noonPlus(minute * 60_000);
      return placed({
        id,
        createdAt,
        sort: `${createdAt}_${id}`,
        status: minute === 2 ? "confirmed" : "accepted",
      });
    });

  test("pages lead from the newest order to the oldest, each once, and the last has no next", async () => {
    const newestFirst = placeFive()
      .map(({ id }) => id)
      .toReversed();
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = OrderPage.parse(
        (await list({ limit: "2", ...(after === undefined ? {} : { after }) })).body,
      );
      seen.push(...page.orders.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(seen).toEqual(newestFirst);
  });

  test("orders placed while somebody pages do not shift the pages", async () => {
    const [, , third] = placeFive().toReversed();
    const { next } = OrderPage.parse((await list({ limit: "2" })).body);
    const createdAt = noonPlus(3_600_000);
    placed({ createdAt, sort: `${createdAt}_ord_new` });
    const { orders } = OrderPage.parse((await list({ limit: "2", after: next ?? "" })).body);
    expect(orders[0]?.id).toBe(third?.id);
  });

  test("a status filter, and nobody else's orders", async () => {
    const [, , confirmed] = placeFive();
    const { orders } = OrderPage.parse((await list({ status: "confirmed" })).body);
    expect(orders.map(({ id }) => id)).toEqual([confirmed?.id]);
    expect((await list({}, theirs)).body).toEqual({ orders: [] });
  });

  test.each([
    [{ limit: "0" }, "/limit"],
    [{ limit: "101" }, "/limit"],
    [{ limit: "many" }, "/limit"],
    [{ limit: "" }, "/limit"],
    [{ limit: "1.5" }, "/limit"],
    [{ status: "lost" }, "/status"],
    [{ after: "nowhere" }, "/after"],
    [{ after: Buffer.from("2026-01-01T00:00:00Z_ord_x' OR 1=1").toString("base64url") }, "/after"],
    [{ after: "x".repeat(201) }, "/after"],
    [{ color: "red" }, ""],
  ])("%j is an invalid query, and the parameter is named", async (query, pointer) => {
    const answer = await list(query);
    expect([answer.status, problemIn(answer)]).toEqual([400, "/problems/invalid-query"]);
    expect(answer.body).toMatchObject({ errors: [{ pointer }] });
  });
});

describe("post-cancellation", () => {
  const cancel = (id: string, body?: string, headers: Readonly<Record<string, string>> = ours) =>
    call("post-cancellation", {
      params: { id },
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    });

  test.each([
    ["a reason", '{"reason":"changed my mind"}', "changed my mind"],
    ["no body", undefined, undefined],
    ["an empty object", "{}", undefined],
    ["words of the storefront's own", '{"reason":"x","channel":"chat"}', "x"],
  ])("with %s is 202, and repeating it answers the same", async (_what, body, detail) => {
    const order = placed();
    const first = await cancel(order.id, body);
    const receipt = OrderReceipt.parse(first.body);
    expect([first.status, receipt.status]).toEqual([202, "cancelled"]);
    expect(first.headers.get("location")).toBe(receipt.statusUrl);
    expect(await cancel(order.id, body)).toEqual(first);
    const [stored] = app.orders.all;
    expect(stored?.version).toBe(2);
    expect(stored?.timeline.at(-1)?.detail).toBe(detail);
  });

  test("with a reason that is no text is refused, and cancels nothing", async () => {
    const order = placed();
    const answer = await cancel(order.id, '{"reason":"half a face: \\ud83d"}');
    expect([answer.status, problemIn(answer)]).toEqual([422, "/problems/invalid"]);
    expect(app.orders.all).toEqual([order]);
  });

  test("of an order that was handed over is refused", async () => {
    const order = placed({ status: "fulfilled" });
    const answer = await cancel(order.id);
    expect([answer.status, problemIn(answer)]).toEqual([409, "/problems/handed-over"]);
    expect(app.orders.all).toEqual([order]);
  });

  test("of another brand's order is not found and changes nothing", async () => {
    const order = placed();
    const answer = await cancel(order.id, undefined, theirs);
    expect([answer.status, problemIn(answer)]).toEqual([404, "/problems/not-found"]);
    expect(app.orders.all).toEqual([order]);
  });

  test.each(noIds)("of %j is not found, without asking the store", async (id) => {
    noIdReachesTheStore();
    expect((await cancel(id)).status).toBe(404);
  });

  test.each([
    ["malformed-json", "{"],
    ["invalid", "[]"],
    ["invalid", '{"reason":7}'],
    ["too-large", JSON.stringify({ reason: "x".repeat(70_000) })],
  ])("is refused as %s when the body is", async (name, body) => {
    const order = placed();
    expect(problemIn(await cancel(order.id, body))).toBe(`/problems/${name}`);
    expect(app.orders.all).toEqual([order]);
  });
});

describe("what anybody may call", () => {
  test("live and ready", async () => {
    const get = { method: "GET" };
    expect(await call("health-live", get)).toMatchObject({ status: 200, body: { status: "ok" } });
    expect(await call("health-ready", get)).toMatchObject({ status: 200, body: { status: "ok" } });
  });

  test("not ready without the order store, but alive", async () => {
    useApp({ ...app, orders: { ...app.orders, get: () => Promise.reject(new TransientFault("down")) } });
    expect(await call("health-ready", { method: "GET" })).toMatchObject({
      status: 503,
      body: { status: "unavailable", checks: { orderStore: "unavailable" } },
    });
    expect((await call("health-live", { method: "GET" })).status).toBe(200);
  });

  test("the contract itself", async () => {
    expect((await call("openapi", { method: "GET" })).body).toMatchObject({ openapi: "3.1.0" });
  });

  test.each([
    ["GET", "customers", 404, "not-found", null],
    ["DELETE", "orders", 405, "method-not-allowed", "POST, GET"],
    ["PUT", "orders/ord_1", 405, "method-not-allowed", "GET"],
    ["GET", "orders/ord_1/cancellation", 405, "method-not-allowed", "POST"],
  ])("%s /api/%s is a problem document with %i", async (method, path, status, name, allow) => {
    const answer = await call("not-found", { method, params: { path } });
    expect([answer.status, problemIn(answer)]).toEqual([status, `/problems/${name}`]);
    expect(answer.headers.get("allow")).toBe(allow);
  });
});
