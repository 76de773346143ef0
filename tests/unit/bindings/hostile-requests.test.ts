import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Problem } from "#shared/contracts/problems.ts";
import { OrderRequest } from "#shared/contracts/order-request.ts";
import { aBrand } from "../../builders/directory.ts";
import { anOrder, anOrderRequest } from "../../builders/orders.ts";
import { createMemoryApp, KEYS } from "../../fakes/memory-app.ts";
import { type Answer, type Asked, call, useApp } from "./the-functions.ts";

/** How many requests of each kind. */
const MANY = { numRuns: 400 };

const headers = {
  authorization: `Bearer ${KEYS.storefront}`,
  "idempotency-key": "checkout-1",
  "content-type": "application/json",
};

/** Sends it to a new app. What is refused is refused by a problem document, and leaves no trace. */
async function expectRefusalOrOrder(asked: Asked): Promise<Answer> {
  const app = useApp(createMemoryApp());
  const answer = await call("post-order", asked);
  await app.outbox.drain();
  expect(app.log.lines, "nothing is a bug").toEqual([]);
  const isTaken = answer.status === 202;
  expect([app.orders.all.length, app.bus.arrived.length]).toEqual(isTaken ? [1, 2] : [0, 0]);
  const { status, type } = isTaken ? { status: 202, type: "" } : Problem.parse(answer.body);
  expect(answer.status).toBe(status);
  expect(type).not.toMatch(/internal|unavailable/);
  return answer;
}

test("whatever bytes come as a body, they are refused and no order is made", async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ unit: "binary", maxLength: 200 }).map((text) => Buffer.from(text)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .constantFrom("[".repeat(60_000), "9".repeat(60_000), '"\\ud800"', "1e999999", "-0", '{"":{}}')
      .map((t) => Buffer.from(t)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (body) => {
      const { status } = await expectRefusalOrOrder({ headers, body });
      expect([400, 422]).toContain(status);
    }),
    MANY,
  );
});

/** A member of a value, by the names and positions that lead to it. */
type Path = readonly (string | number)[];

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([name, member]) => pathsIn(member, [...path, name]))];
}

function withChange(value: unknown, [name, ...rest]: Path, change: (member: unknown) => unknown): unknown {
  if (name === undefined) return change(value);
  const copy = structuredClone(Object(value));
  const changed = withChange(copy[name], rest, change);
  if (changed === undefined) delete copy[name];
  // Not an assignment, which would set the prototype when the name is __proto__.
  else
    Object.defineProperty(copy, name, {
      value: changed,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return copy;
}

const anyPath = fc.constantFrom(...pathsIn(anOrderRequest()).slice(1));
const anyName = fc.constantFrom(
  "__proto__",
  "constructor",
  "toString",
  "price",
  "Currency",
  "~/",
  "",
  "\u0000",
);
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(
    -1,
    0.1,
    1e21,
    2 ** 53,
    "",
    " ",
    "\r\nX: y",
    "\ud800",
    "x".repeat(300),
    [],
    {},
    null,
  ),
);

test("an order with any member missing, or of another value, is refused or taken as the contract says", async () => {
  await fc.assert(
    fc.asyncProperty(anyPath, fc.option(anything, { nil: undefined }), async (path, value) => {
      const order = withChange(anOrderRequest(), path, () => value);
      const { status } = await expectRefusalOrOrder({ headers, body: JSON.stringify(order) });
      const parsed = OrderRequest.safeParse(JSON.parse(JSON.stringify(order)));
      const vendors = parsed.data?.lines.map(({ vendorId }) => vendorId) ?? [];
      const isValid = parsed.success && vendors.every((id) => aBrand().vendorIds.includes(id));
      expect(status).toBe(isValid ? 202 : 422);
    }),
    MANY,
  );
});

test("an order with a member that nobody knows is refused, wherever it is and whatever its name", async () => {
  const objects = pathsIn(anOrderRequest()).filter((path) =>
    ["", "customer", "payment", "lines.0"].includes(path.join(".")),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...objects), anyName, anything, async (path, name, value) => {
      const order = withChange(anOrderRequest(), [...path, name], () => value);
      const { status } = await expectRefusalOrOrder({ headers, body: JSON.stringify(order) });
      expect(status).toBe(422);
    }),
    MANY,
  );
});

test("whatever stands in the headers, the answer is an order or a refusal", async () => {
  const latin1 = fc.string({
    unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  });
  const value = fc.oneof(
    latin1,
    fc.constantFrom("", "Bearer", "Bearer x", "application/json", "7", "-1", "1e9", "NaN"),
  );
  const anyHeaders = fc.dictionary(
    fc.constantFrom("authorization", "idempotency-key", "content-type", "content-length", "traceparent"),
    value,
  );
  await fc.assert(
    fc.asyncProperty(anyHeaders, async (changes) => {
      await expectRefusalOrOrder({
        headers: { ...headers, ...changes },
        body: JSON.stringify(anOrderRequest()),
      });
    }),
    MANY,
  );
});

test("whatever stands in an address or a query, the answer is a page, an order or a refusal", async () => {
  const app = useApp(createMemoryApp());
  app.orders.put(anOrder());
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("..", "a/b", "%00", "1e3", "0x10", "ord_"),
  );
  const query = fc.dictionary(fc.constantFrom("limit", "after", "status", "x"), text);
  await fc.assert(
    fc.asyncProperty(text, query, async (id, asked) => {
      const answers = [
        await call("get-order", { method: "GET", params: { id }, headers }),
        await call("post-cancellation", { params: { id }, headers, body: "{}" }),
        await call("list-orders", { method: "GET", query: asked, headers }),
        await call("not-found", { method: "GET", params: { path: id } }),
      ];
      for (const { status } of answers) expect([200, 400, 404, 405]).toContain(status);
    }),
    MANY,
  );
  expect(app.log.lines).toEqual([]);
});
