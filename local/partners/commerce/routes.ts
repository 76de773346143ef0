import { z } from "zod";
import type { Desk, Served } from "../desk.ts";
import { errorAnswer, readJson, toHttp } from "../http/answers.ts";
import type { Answer, Call, Route } from "../http/router.ts";
import type { PaymentBook } from "../payments/payment-book.ts";
import { authorisationOf, type PaymentStep, takeStep } from "../payments/payment-state.ts";
import { bearsKey } from "../secrets.ts";
import { release, reserve, sell, type StockBook } from "../stock/stock-book.ts";

const name = z.string().min(1).max(256);
const common = { id: name, orderId: name };
const paymentSteps = ["capture", "void", "refund"] as const satisfies readonly PaymentStep[];

const Operation = z.discriminatedUnion("operation", [
  z.strictObject({
    operation: z.literal("reserve"),
    ...common,
    items: z
      .array(z.strictObject({ sku: name, pieces: z.int().min(1).max(1_000_000_000) }))
      .min(1)
      .max(1_000),
  }),
  z.strictObject({ operation: z.enum(["release", "sell"]), ...common }),
  z.strictObject({
    operation: z.literal("authorise"),
    ...common,
    amount: z.strictObject({ minor: z.int().min(0), currency: z.string().regex(/^[A-Z]{3}$/) }),
    card: name,
  }),
  z.strictObject({ operation: z.enum(paymentSteps), ...common }),
]);
type Operation = z.infer<typeof Operation>;

interface Books {
  readonly stock: StockBook;
  readonly payments: PaymentBook;
}

/**
 * One partner for goods and money: every operation is posted to one address under the caller's own id for it, and may be
 * repeated. It works on the same shelves and accounts as the stock and the payment partner, behind a door of its own:
 * when it is down, everything about an order is.
 */
export function commerceRoutes(desk: Desk, books: Books, apiKey: string): Route[] {
  const serve = async (
    call: Call,
    facts: { kind: string; key: string; orderId: string | null },
    work: () => Served<Answer>,
  ): Promise<Answer> => {
    const result = await desk.serve<Answer>("commerce", facts, () =>
      bearsKey(call.headers, apiKey) ? work() : refused("unauthorised", 401, "Unauthorized"),
    );
    return toHttp(result);
  };
  return [
    {
      method: "POST",
      path: "/commerce/operations",
      async handle(call) {
        const read = readJson(Operation, call.body);
        if (!read.ok) return read.answer;
        const { operation: kind, id: key, orderId } = read.value;
        return await serve(call, { kind, key, orderId }, () => carryOut(books, read.value, desk.clock.now()));
      },
    },
    {
      method: "GET",
      path: "/commerce/payments/:id",
      handle(call) {
        const { id: key = "" } = call.params;
        const payment = books.payments.find(key);
        return serve(call, { kind: "find", key, orderId: payment?.orderId ?? null }, () =>
          payment === undefined
            ? refused("unknown-payment", 404, "UnknownPayment")
            : done(payment.state, false),
        );
      },
    },
  ];
}

function carryOut(books: Books, asked: Operation, atMs: number): Served<Answer> {
  const { stock } = books;
  switch (asked.operation) {
    case "reserve":
      return hold(stock, asked);
    case "release":
      return done("released", release(stock, asked.id, asked.orderId));
    case "sell": {
      const sale = sell(stock, asked.id);
      return sale === "nothing-held" ? refused(sale, 409, "NothingHeld") : done("sold", sale === "sold");
    }
    case "authorise":
      return authorise(books.payments, asked, atMs);
    default:
      return moveOn(books.payments, asked);
  }
}

function hold(book: StockBook, asked: Extract<Operation, { operation: "reserve" }>): Served<Answer> {
  const demand = new Map(asked.items.map(({ sku, pieces }) => [sku, pieces]));
  const held = reserve(book, asked.id, asked.orderId, demand);
  switch (held.kind) {
    case "held":
    case "repeated":
      return done("held", held.kind === "held");
    case "short":
      return done("short", false, { missing: held.skus });
    case "released":
      return done("released", false);
    default:
      return refused("id-reused", 422, "IdReused");
  }
}

function authorise(
  book: PaymentBook,
  { id: key, orderId, amount, card }: Extract<Operation, { operation: "authorise" }>,
  atMs: number,
): Served<Answer> {
  const known = book.find(key);
  const { minor: amountMinor, currency } = amount;
  if (known === undefined) {
    const state = authorisationOf(card);
    book.add({ key, orderId, state, amountMinor, currency }, atMs);
    return done(state, state === "authorised");
  }
  const same = known.orderId === orderId && known.amountMinor === amountMinor && known.currency === currency;
  return same ? done(known.state, false) : refused("id-reused", 422, "IdReused");
}

function moveOn(
  book: PaymentBook,
  { operation, id, orderId }: Extract<Operation, { operation: PaymentStep }>,
): Served<Answer> {
  const payment = book.find(id);
  if (payment === undefined || payment.orderId !== orderId) {
    return refused("unknown-payment", 404, "UnknownPayment");
  }
  const step = takeStep(payment.state, operation);
  if (step.kind === "illegal") return refused("illegal-step", 409, "IllegalStep");
  if (step.kind === "taken") book.move(id, step.state);
  return done(step.state, step.kind === "taken");
}

const done = (result: string, effect: boolean, more: object = {}): Served<Answer> => ({
  outcome: result,
  effect,
  answer: { status: 200, body: { result, ...more } },
});

const refused = (outcome: string, status: number, code: string): Served<Answer> => ({
  outcome,
  effect: false,
  answer: errorAnswer(status, code, `Refused: ${outcome}.`),
});
