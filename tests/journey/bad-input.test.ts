import { afterEach, expect, test } from "vitest";
import { MAX_BODY_BYTES, type OrderRequest } from "#shared/contracts/order-request.ts";
import { OrderPage } from "#shared/contracts/resources.ts";
import { expectAllDone, expectConfirmed } from "./support/all-done.ts";
import { badBodies } from "./support/bad-bodies.ts";
import { useCloud } from "./support/journey-cloud.ts";
import { type RawAnswer, type RawRequest, requestBytes, sendRaw } from "./support/raw-http.ts";
import { problemIn } from "./support/refusals.ts";
import { unknownAddresses } from "./support/unknown-addresses.ts";
import { authorised, place202, type PlacedOrder } from "./support/storefront.ts";

const cloud = useCloud();

const BRAND = "pancake-palace";
const placed: PlacedOrder[] = [];
let asked = 0;

/** Checkout goes on between the bad requests. */
afterEach(async () => {
  placed.push(await place202(cloud().place, BRAND, `good-${placed.length}`));
});

const sample = (): OrderRequest => {
  const order = cloud().place.samples[BRAND];
  if (order === undefined) throw new Error("There is no sample order");
  return order;
};

const goodHeaders = (): Record<string, string> => ({
  ...authorised(cloud().place, BRAND),
  "content-type": "application/json",
  "idempotency-key": `bad-${asked++}`,
});

const send = (request: RawRequest): Promise<RawAnswer | undefined> =>
  sendRaw(cloud().place.functions, requestBytes(request));

/** Asks for each, a few at a time, and answers which did not end as it deserved. */
async function wrongEnds<T extends { readonly name: string; readonly wanted: string }>(
  cases: readonly T[],
  ask: (one: T) => Promise<RawAnswer | undefined>,
): Promise<string[]> {
  const wrong: string[] = [];
  for (let from = 0; from < cases.length; from += 8) {
    const group = cases.slice(from, from + 8);
    await Promise.all(
      group.map(async (one) => {
        const found = await ask(one).then(problemIn).catch(String);
        if (found !== one.wanted) wrong.push(`${one.name}: ${found} instead of ${one.wanted}`);
      }),
    );
    placed.push(await place202(cloud().place, BRAND, `between-${placed.length}`));
  }
  return wrong;
}

test("hundreds of bodies that are no order are refused, each by a problem document that names the fault", async () => {
  const cases = badBodies(sample()).map(({ name, body, status }) => ({
    name,
    body,
    wanted: status === 400 ? "400 malformed-json" : "422 invalid",
  }));
  expect(cases.length).toBeGreaterThan(200);
  expect(await wrongEnds(cases, ({ body }) => send({ headers: goodHeaders(), body }))).toEqual([]);
});

test("an order of exactly 64 KiB is taken, one byte more is refused, and so is any more", async () => {
  const text = JSON.stringify({ ...sample(), reference: "J-1" });
  const padded = (bytes: number): string => text + " ".repeat(bytes - text.length);
  const full = await send({
    headers: { ...goodHeaders(), "idempotency-key": "full" },
    body: padded(MAX_BODY_BYTES),
  });
  expect(full?.status).toBe(202);
  const id = full?.headers.get("location")?.split("/").at(-1) ?? "";
  placed.push({ id, brand: BRAND, request: { ...sample(), reference: "J-1" } });

  for (const bytes of [MAX_BODY_BYTES + 1, 5_000_000])
    expect(problemIn(await send({ headers: goodHeaders(), body: padded(bytes) }))).toBe("413 too-large");
  const chunk = padded(MAX_BODY_BYTES + 1);
  const chunked = Buffer.concat([
    requestBytes({ headers: { ...goodHeaders(), "transfer-encoding": "chunked" } }),
    Buffer.from(`${chunk.length.toString(16)}\r\n${chunk}\r\n0\r\n\r\n`),
  ]);
  expect(problemIn(await sendRaw(cloud().place.functions, chunked))).toBe("413 too-large");

  // Azure's host refuses more than 100 MB by itself and without a body; nobody may have to send it all to hear that.
  const announced = requestBytes({ headers: { ...goodHeaders(), "content-length": "120000000" } });
  expect((await sendRaw(cloud().place.functions, announced))?.status).toBe(413);
});

test("headers that are missing, wrong or forged are refused", async () => {
  const { place } = cloud();
  const body = JSON.stringify(sample());
  const without = (name: string): Record<string, string> => {
    const { [name]: _left, ...rest } = goodHeaders();
    return rest;
  };
  const bearer = (key: string): Record<string, string> => ({
    ...goodHeaders(),
    authorization: `Bearer ${key}`,
  });
  const key = (value: string): Record<string, string> => ({ ...goodHeaders(), "idempotency-key": value });
  const type = (value: string): Record<string, string> => ({ ...goodHeaders(), "content-type": value });
  const brandKey = place.keys.storefront[BRAND] ?? "";
  const cases = [
    ["no key", without("authorization"), "401 unauthorized"],
    ["another scheme", { ...goodHeaders(), authorization: `Basic ${brandKey}` }, "401 unauthorized"],
    ["a key without a scheme", { ...goodHeaders(), authorization: brandKey }, "401 unauthorized"],
    ["an empty key", bearer(""), "401 unauthorized"],
    ["an unknown key", bearer("exp_storefront_00000000000000000000000000000000"), "401 unauthorized"],
    ["a key and a half", bearer(`${brandKey}x`), "401 unauthorized"],
    ["two keys", bearer(`${brandKey} ${brandKey}`), "401 unauthorized"],
    ["a key in Latin-1", bearer(`${brandKey}\u00e9`), "401 unauthorized"],
    ["a very long key", bearer("x".repeat(4_000)), "401 unauthorized"],
    ["a vendor's key", bearer(place.keys.vendor["vendor-mill"] ?? ""), "403 forbidden"],
    ["an operator's key", bearer(place.keys.ops["ops"] ?? ""), "403 forbidden"],
    ["no Idempotency-Key", without("idempotency-key"), "400 idempotency-key-missing"],
    ["an empty Idempotency-Key", key(""), "400 invalid-header"],
    ["an Idempotency-Key with a space", key("a b"), "400 invalid-header"],
    ["an Idempotency-Key of 256 characters", key("k".repeat(256)), "400 invalid-header"],
    ["an Idempotency-Key in Latin-1", key("kéy"), "400 invalid-header"],
    ["no content type", without("content-type"), "415 unsupported-media-type"],
    ["text", type("text/plain"), "415 unsupported-media-type"],
    ["nearly JSON", type("application/jsonp"), "415 unsupported-media-type"],
    ["two types", type("application/json, text/plain"), "415 unsupported-media-type"],
    ["JSON in Latin-1", type("application/json; charset=iso-8859-1"), "415 unsupported-media-type"],
    ["a broken type", type(";;;"), "415 unsupported-media-type"],
    ["a form", type("multipart/form-data; boundary=x"), "415 unsupported-media-type"],
  ] as const;
  const list = cases.map(([name, headers, wanted]) => ({ name, headers, wanted }));
  expect(await wrongEnds(list, ({ headers }) => send({ headers, body }))).toEqual([]);
});

test("addresses, methods and queries that nobody knows are refused, whatever they try", async () => {
  const cases = unknownAddresses(placed[0]?.id ?? "");
  const list = cases.map((one) => ({ ...one, name: `${one.method} ${one.target.slice(0, 80)}` }));
  expect(
    await wrongEnds(list, ({ method, target }) => send({ method, target, headers: goodHeaders() })),
  ).toEqual([]);

  const head = await send({ method: "HEAD", target: "/api/orders", headers: goodHeaders() });
  expect([head?.status, head?.body]).toEqual([405, ""]);
  const allowed = await send({ method: "PUT", target: "/api/orders", headers: goodHeaders() });
  expect(allowed?.headers.get("allow")).toBe("POST, GET");
});

test("cancellations of nothing, by nobody or with nonsense in them are refused", async () => {
  const target = `/api/orders/${placed[0]?.id ?? ""}/cancellation`;
  const { authorization = "" } = goodHeaders();
  const json = { authorization, "content-type": "application/json" };
  const stranger = authorised(cloud().place, "sock-drawer");
  const cases: readonly { name: string; wanted: string; request: RawRequest }[] = [
    { name: "nobody", wanted: "401 unauthorized", request: { target } },
    { name: "another brand", wanted: "404 not-found", request: { target, headers: stranger } },
    { name: "no JSON", wanted: "400 malformed-json", request: { target, headers: json, body: "{" } },
    { name: "a list", wanted: "422 invalid", request: { target, headers: json, body: "[]" } },
    { name: "a number", wanted: "422 invalid", request: { target, headers: json, body: '{"reason":1}' } },
    {
      name: "a long reason",
      wanted: "422 invalid",
      request: { target, headers: json, body: JSON.stringify({ reason: "x".repeat(201) }) },
    },
    {
      name: "text",
      wanted: "415 unsupported-media-type",
      request: { target, headers: { authorization, "content-type": "text/plain" }, body: "please" },
    },
    {
      name: "an unknown order",
      wanted: "404 not-found",
      request: { target: "/api/orders/ord_1/cancellation", headers: json },
    },
    {
      name: "a path in the id",
      wanted: "404 not-found",
      request: { target: "/api/orders/..%2f..%2f/cancellation", headers: json },
    },
    {
      name: "too much",
      wanted: "413 too-large",
      request: { target, headers: json, body: JSON.stringify({ reason: "x".repeat(70_000) }) },
    },
  ];
  expect(await wrongEnds(cases, ({ request }) => send(request))).toEqual([]);
});

test("after all of that no order is more or less than was placed, and nothing was a bug", async () => {
  const { place, events } = cloud();
  const listed: string[] = [];
  for (let after: string | undefined = ""; after !== undefined;) {
    const query = new URLSearchParams({ limit: "100", ...(after === "" ? {} : { after }) }).toString();
    const answer = await fetch(`${place.functions}/api/orders?${query}`, {
      headers: authorised(place, BRAND),
    });
    const page = OrderPage.parse(await answer.json());
    listed.push(...page.orders.map(({ id }) => id));
    after = page.next;
  }
  expect(new Set(listed)).toEqual(new Set(placed.map(({ id }) => id)));
  expect(listed).toHaveLength(placed.length);
  expect(Object.keys(Object.prototype)).toEqual([]);
  await expectAllDone(place, placed, { withinMs: 30_000 });
  await expectConfirmed(place, placed);
  const bad = events.filter(({ event, facts }) =>
    /invocation failed|response failed|part\.died|worker exited|http\.bug|message\.bug/.test(
      `${event} ${String(facts["message"])}`,
    ),
  );
  expect(bad).toEqual([]);
});
