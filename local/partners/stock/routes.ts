import { z } from "zod";
import type { Desk, Served } from "../desk.ts";
import { errorAnswer, readJson, toHttp } from "../http/answers.ts";
import type { Answer, Call, Route } from "../http/router.ts";
import { bearsKey } from "../secrets.ts";
import { release, reserve, sell, type Held, type StockBook } from "./stock-book.ts";

const name = z.string().min(1).max(256);
const pieces = z.int().min(1).max(1_000_000_000);
const ReservationBody = z.strictObject({
  orderId: name,
  lines: z
    .array(z.strictObject({ sku: name, quantity: pieces }))
    .min(1)
    .max(1_000),
});
const Release = z.strictObject({ orderId: name });
const Level = z.strictObject({ available: z.int().min(0) });

/**
 * The stock partner. A reservation is named by the caller, holds all of its lines or nothing, and may be repeated;
 * once released, its name never holds again.
 */
export function stockRoutes(desk: Desk, book: StockBook, apiKey: string): Route[] {
  const serve = async (call: Call, kind: string, work: (id: string) => Served<Answer>): Promise<Answer> => {
    const key = call.params["id"] ?? "";
    const read = readJson(z.looseObject({ orderId: z.string() }), call.body);
    const orderId = read.ok ? read.value.orderId : (book.find(key)?.orderId ?? null);
    const result = await desk.serve<Answer>("stock", { kind, key, orderId }, () => {
      if (bearsKey(call.headers, apiKey)) return work(key);
      return refused("unauthorised", errorAnswer(401, "Unauthorized", "The API key is missing or wrong."));
    });
    return toHttp(result);
  };

  return [
    ...levelRoutes(desk, book),
    {
      method: "PUT",
      path: "/stock/reservations/:id",
      handle: (call) => serve(call, "reserve", (key) => hold(book, key, call.body)),
    },
    {
      method: "POST",
      path: "/stock/reservations/:id/release",
      handle: (call) => serve(call, "release", (key) => giveBack(book, key, call.body)),
    },
    {
      method: "POST",
      path: "/stock/reservations/:id/sale",
      handle: (call) => serve(call, "sell", (key) => sellGoods(book, key, call.body)),
    },
    {
      method: "GET",
      path: "/stock/reservations/:id",
      handle: (call) =>
        serve(call, "find", (key) => {
          const body = book.find(key);
          if (body === undefined) {
            const answer = errorAnswer(404, "UnknownReservation", "No reservation has this id.");
            return refused("unknown-reservation", answer);
          }
          return { outcome: body.state, effect: false, answer: { status: 200, body } };
        }),
    },
  ];
}

/** The switches of whoever plays the warehouse; like the modes they need no key. */
function levelRoutes(desk: Desk, book: StockBook): Route[] {
  return [
    {
      method: "GET",
      path: "/stock/levels",
      async handle() {
        await desk.store.settled();
        return { status: 200, body: { levels: book.levels() } };
      },
    },
    {
      method: "GET",
      path: "/stock/levels/:sku",
      async handle({ params: { sku = "" } }) {
        await desk.store.settled();
        return { status: 200, body: { sku, available: book.available(sku) } };
      },
    },
    {
      method: "PUT",
      path: "/stock/levels/:sku",
      async handle(call) {
        const read = readJson(Level, call.body);
        if (!read.ok) return read.answer;
        const { sku = "" } = call.params;
        await desk.store.write(() => book.setAvailable(sku, read.value.available));
        return { status: 200, body: { sku, ...read.value } };
      },
    },
  ];
}

function hold(book: StockBook, id: string, body: Buffer): Served<Answer> {
  const read = readJson(ReservationBody, body);
  if (!read.ok) return refused("bad-request", read.answer);
  const demand = new Map<string, number>();
  for (const { sku, quantity } of read.value.lines) demand.set(sku, (demand.get(sku) ?? 0) + quantity);
  return told(reserve(book, id, read.value.orderId, demand));
}

function told(held: Held): Served<Answer> {
  switch (held.kind) {
    case "held":
      return { outcome: "held", effect: true, answer: { status: 201, body: { state: "held" } } };
    case "repeated":
      return { outcome: "held", effect: false, answer: { status: 200, body: { state: "held" } } };
    case "short":
      return refused("short", { status: 409, body: { state: "short", skus: held.skus } });
    case "released":
      return refused("released", { status: 409, body: { state: "released" } });
    default:
      return refused("id-reused", errorAnswer(422, "IdReused", "This id already holds other goods."));
  }
}

function giveBack(book: StockBook, id: string, body: Buffer): Served<Answer> {
  const read = readJson(Release, body);
  if (!read.ok) return refused("bad-request", read.answer);
  const effect = release(book, id, read.value.orderId);
  return { outcome: "released", effect, answer: { status: 200, body: { state: "released" } } };
}

function sellGoods(book: StockBook, id: string, body: Buffer): Served<Answer> {
  const read = readJson(Release, body);
  if (!read.ok) return refused("bad-request", read.answer);
  const sale = sell(book, id);
  if (sale === "nothing-held") {
    return refused(sale, errorAnswer(404, "NothingHeld", "Nothing is held under this id."));
  }
  return { outcome: "sold", effect: sale === "sold", answer: { status: 200, body: { state: "sold" } } };
}

function refused(outcome: string, answer: Answer): Served<Answer> {
  return { outcome, effect: false, answer };
}
