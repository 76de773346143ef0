import { beforeEach, describe, expect, test } from "vitest";
import { Problem, type ProblemName, problems } from "#shared/contracts/problems.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { aBrand } from "../../builders/directory.ts";
import { anOrderRequest } from "../../builders/orders.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import { type Answer, type Asked, call, useApp } from "./the-functions.ts";

let app: MemoryApp;
beforeEach(() => {
  app = useApp(createMemoryApp());
});

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const HEADERS = {
  ...bearer(KEYS.storefront),
  "idempotency-key": "checkout-1",
  "content-type": "application/json",
};

/** A post-order that is accepted, but for what is changed. */
const post = (
  changes: { headers?: Record<string, string | null>; body?: Asked["body"]; order?: object } = {},
) => {
  const headers = Object.entries({ ...HEADERS, ...changes.headers });
  const body = changes.body ?? JSON.stringify(changes.order ?? anOrderRequest());
  return call("post-order", {
    headers: Object.fromEntries(headers.flatMap(([name, value]) => (value === null ? [] : [[name, value]]))),
    body,
  });
};

function expectProblem(answer: Answer, name: ProblemName, more: object = {}): void {
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(Problem.safeParse(answer.body).error).toBeUndefined();
  const { status, title } = problems[name];
  expect(answer.body).toMatchObject({ type: `/problems/${name}`, title, status, ...more });
  expect(answer.status).toBe(status);
}

/** Pointers of what was wrong with a body. */
const pointersOf = ({ body }: Answer): string[] =>
  (Problem.parse(body).errors ?? []).map(({ pointer }) => pointer);

describe("an order is accepted", () => {
  test("with 202, its address, and a receipt", async () => {
    const answer = await post();
    const [order] = app.orders.all;
    const statusUrl = `/api/orders/${order?.id}`;
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe(statusUrl);
    expect(answer.headers.has("idempotency-replayed")).toBe(false);
    expect(answer.body).toEqual({ id: order?.id, status: "accepted", statusUrl });
  });

  test("again under the same key with the same body: the same answer, said to be a replay", async () => {
    const first = await post();
    const { lines, ...rest } = anOrderRequest();
    const second = await post({ order: { lines, ...rest } });
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect([second.status, second.body]).toEqual([first.status, first.body]);
    expect(app.orders.all).toHaveLength(1);
  });

  test.each(["application/json", "application/json; charset=utf-8", 'APPLICATION/JSON;charset="UTF-8"'])(
    "as %s",
    async (type) => {
      expect((await post({ headers: { "content-type": type } })).status).toBe(202);
    },
  );

  test("with the trace of the request in its messages", async () => {
    await post();
    await app.outbox.drain();
    const trace = expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-/);
    expect(app.bus.arrived[0]).toMatchObject({
      body: { traceparent: trace },
      properties: { traceparent: trace },
    });
  });
});

describe("who may not", () => {
  test.each([
    ["no key", { authorization: null }],
    ["another scheme", { authorization: `Basic ${KEYS.storefront}` }],
    ["a key that was never issued", bearer("never-issued-by-anybody")],
    ["no more than the scheme", { authorization: "Bearer " }],
    ["a key with something behind it", { authorization: `Bearer ${KEYS.storefront} x` }],
    ["a key that is far too long", bearer("x".repeat(5000))],
  ])("%s is unauthorized, and told which scheme to use", async (_what, headers) => {
    const answer = await post({ headers });
    expectProblem(answer, "unauthorized");
    expect(answer.headers.get("www-authenticate")).toBe("Bearer");
  });

  test.each(["vendor", "ops"] as const)("a key of scope %s may not place orders", async (scope) => {
    expectProblem(await post({ headers: bearer(KEYS[scope]) }), "forbidden");
  });

  test("a refused caller learns nothing about the body", async () => {
    expectProblem(await post({ headers: { authorization: null }, body: "not json" }), "unauthorized");
  });
});

describe("the Idempotency-Key", () => {
  test("must be there", async () => {
    expectProblem(await post({ headers: { "idempotency-key": null } }), "idempotency-key-missing");
  });

  test.each([
    ["is empty", ""],
    ["holds a space", "a b"],
    ["is too long", "k".repeat(256)],
    ["holds a letter beyond ASCII", "caf\u00e9"],
  ])("that %s is not valid", async (_what, key) => {
    expectProblem(await post({ headers: { "idempotency-key": key } }), "invalid-header");
  });

  test("of 255 characters is taken", async () => {
    expect((await post({ headers: { "idempotency-key": "k".repeat(255) } })).status).toBe(202);
  });

  test("used with another body is refused, and the first order stays", async () => {
    await post();
    expectProblem(await post({ order: anOrderRequest({ reference: "another" }) }), "idempotency-key-reused");
    expect(app.orders.all).toMatchObject([{ reference: "W-10042" }]);
  });

  test("belongs to the brand: another brand's is another order", async () => {
    await post();
    expect((await post({ headers: bearer(KEYS.otherBrand) })).headers.has("idempotency-replayed")).toBe(
      false,
    );
    expect(app.orders.all).toHaveLength(2);
  });
});

describe("the body", () => {
  test.each([
    ["nothing", ""],
    ["half of it", '{"currency":'],
    ["text", "hello"],
    ["two documents", "{}{}"],
    ["a comment", '{"a":1} // x'],
    ["what is no UTF-8", new Uint8Array([0x22, 0xc3, 0x28, 0x22])],
    ["UTF-16", Buffer.from("{}", "utf16le")],
  ])("of %s is malformed JSON", async (_what, body) => {
    expectProblem(await post({ body }), "malformed-json");
  });

  test.each([null, "text/plain", "application/xml", "application/json; charset=latin1", "application/jsonp"])(
    "as %s is of an unsupported type",
    async (type) => {
      expectProblem(await post({ headers: { "content-type": type } }), "unsupported-media-type");
    },
  );

  test("of one byte too many is too large, whatever the header says", async () => {
    const most = 64 * 1024;
    const padded = (length: number) => JSON.stringify(anOrderRequest()).padEnd(length, " ");
    expect((await post({ body: padded(most) })).status).toBe(202);
    expectProblem(await post({ body: padded(most + 1) }), "too-large");
    expectProblem(await post({ headers: { "content-length": String(most + 1) } }), "too-large");
    expectProblem(await post({ body: padded(most + 1), headers: { "content-length": "7" } }), "too-large");
  });

  test("names every fault by its pointer", async () => {
    const [line] = anOrderRequest().lines;
    const answer = await post({
      order: {
        ...anOrderRequest(),
        currency: "AUS",
        customer: { email: "nobody", name: "" },
        lines: [line, { ...line, quantity: 0, unitPrice: 1.5, "no/such~member": 1 }],
        payment: {},
        coupon: "X",
      },
    });
    expectProblem(answer, "invalid");
    expect(pointersOf(answer).toSorted()).toEqual([
      "/coupon",
      "/currency",
      "/customer/email",
      "/customer/name",
      "/lines/1/no~1such~0member",
      "/lines/1/quantity",
      "/lines/1/unitPrice",
      "/payment/token",
    ]);
  });

  test("with a thousand faults is answered with fifty", async () => {
    const order = Object.fromEntries(Array.from({ length: 1000 }, (_, number) => [`x${number}`, 1]));
    expect(pointersOf(await post({ order }))).toHaveLength(50);
  });

  test("with a vendor who is none of the brand's is told the line", async () => {
    app.directory.add({ brands: [aBrand({ vendorIds: ["vendor-mill"] })] });
    const answer = await post();
    expectProblem(answer, "invalid");
    expect(pointersOf(answer)).toEqual(["/lines/1/vendorId"]);
  });
});

test("no refusal stores anything or tells anybody", async () => {
  await Promise.all([
    post({ headers: { authorization: null } }),
    post({ headers: { "idempotency-key": null } }),
    post({ body: "{" }),
    post({ order: { ...anOrderRequest(), lines: [] } }),
  ]);
  await app.outbox.drain();
  expect([app.orders.all, app.bus.arrived]).toEqual([[], []]);
});

describe("when something is wrong on our side", () => {
  test("an order store that cannot answer is 503 with Retry-After, and the same key may be tried again", async () => {
    useApp({ ...app, orders: { ...app.orders, create: () => Promise.reject(new TransientFault("down")) } });
    const answer = await post();
    expectProblem(answer, "store-unavailable");
    expect(answer.headers.get("retry-after")).toBe("1");
    useApp(app);
    expect((await post()).status).toBe(202);
  });

  test("an order that was just stored elsewhere and is not visible here yet is 503 too, not a bug", async () => {
    await post();
    useApp({ ...app, orders: { ...app.orders, get: () => Promise.resolve(undefined) } });
    expectProblem(await post(), "store-unavailable");
  });

  test("a bug is 500 without a word of its cause, which is logged", async () => {
    const secret = "the password is 1234";
    useApp({ ...app, orders: { ...app.orders, create: () => Promise.reject(new Error(secret)) } });
    const answer = await post();
    expectProblem(answer, "internal");
    expect(JSON.stringify(answer.body)).not.toContain(secret);
    expect(app.log.lines).toMatchObject([
      {
        level: "error",
        event: "http.bug",
        facts: { function: "post-order", error: expect.stringContaining(secret) },
      },
    ]);
  });
});
