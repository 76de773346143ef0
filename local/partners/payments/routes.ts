import { z } from "zod";
import type { Desk, Served } from "../desk.ts";
import { errorAnswer, readJson, toHttp } from "../http/answers.ts";
import type { Answer, Call, Route } from "../http/router.ts";
import type { CallFacts } from "../ledger.ts";
import { bearsKey } from "../secrets.ts";
import type { Payment, PaymentBook } from "./payment-book.ts";
import { authorisationOf, takeStep, type PaymentStep } from "./payment-state.ts";

const id = z.string().min(1).max(256);
const Authorisation = z.strictObject({
  orderId: id,
  amountMinor: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/),
  token: id,
});
const Step = z.strictObject({ orderId: id });

const keyOf = (call: Call): string => String(call.headers["idempotency-key"] ?? "");

type Work = (key: string) => Served<Answer>;

/**
 * The payment provider. `Idempotency-Key` names the payment through its whole life, so that each step can be
 * repeated; a declined card is answered 402 with the state, an illegal step 409, an unknown key 404.
 */
export function paymentRoutes(desk: Desk, book: PaymentBook, apiKey: string): Route[] {
  const serve = async (call: Call, kind: string, key: string, work: Work): Promise<Answer> => {
    const facts = { kind, key: key === "" ? null : key, ...factsOf(call, book.find(key)) };
    const result = await desk.serve<Answer>("payments", facts, () => {
      if (!bearsKey(call.headers, apiKey)) {
        return refused("unauthorised", errorAnswer(401, "Unauthorized", "The API key is missing or wrong."));
      }
      if (key === "") {
        return refused("bad-request", errorAnswer(400, "BadRequest", "Idempotency-Key is missing."));
      }
      return work(key);
    });
    return toHttp(result);
  };
  const step = (path: string, kind: PaymentStep): Route => ({
    method: "POST",
    path: `/payments/${path}`,
    handle: (call) => serve(call, kind, keyOf(call), (key) => moveOn(book, kind, key, call.body)),
  });

  return [
    {
      method: "POST",
      path: "/payments/authorisations",
      handle: (call) =>
        serve(call, "authorise", keyOf(call), (key) => authorise(book, key, call.body, desk.clock.now())),
    },
    step("captures", "capture"),
    step("voids", "void"),
    step("refunds", "refund"),
    {
      method: "GET",
      path: "/payments",
      handle: (call) => serve(call, "list", "*", () => list(book, call.query)),
    },
    {
      method: "GET",
      path: "/payments/:key",
      handle: (call) => serve(call, "find", call.params["key"] ?? "", (key) => look(book, key)),
    },
  ];
}

function authorise(book: PaymentBook, key: string, body: Buffer, atMs: number): Served<Answer> {
  const read = readJson(Authorisation, body);
  if (!read.ok) return refused("bad-request", read.answer);
  const { orderId, amountMinor, currency, token } = read.value;
  const known = book.find(key);
  if (known === undefined) {
    const payment: Payment = { key, orderId, state: authorisationOf(token), amountMinor, currency };
    book.add(payment, atMs);
    // A declined card is remembered, but it moved nothing.
    const effect = payment.state === "authorised";
    return { outcome: payment.state, effect, answer: show(payment, 201) };
  }
  const same = known.orderId === orderId && known.amountMinor === amountMinor && known.currency === currency;
  if (same) return { outcome: known.state, effect: false, answer: show(known, 200) };
  const message = "This key already names another payment.";
  return refused("key-reused", errorAnswer(422, "KeyReused", message, "Idempotency-Key"));
}

function moveOn(book: PaymentBook, step: PaymentStep, key: string, body: Buffer): Served<Answer> {
  const read = readJson(Step, body);
  if (!read.ok) return refused("bad-request", read.answer);
  const payment = book.find(key);
  if (payment === undefined || payment.orderId !== read.value.orderId) return unknown();
  const result = takeStep(payment.state, step);
  if (result.kind === "illegal") {
    const message = `A payment that is ${payment.state} takes no ${step}.`;
    return refused("illegal-step", errorAnswer(409, "IllegalStep", message));
  }
  if (result.kind === "taken") book.move(key, result.state);
  const answer = show({ ...payment, state: result.state }, 200);
  return { outcome: result.state, effect: result.kind === "taken", answer };
}

function look(book: PaymentBook, key: string): Served<Answer> {
  const payment = book.find(key);
  if (payment === undefined) return unknown();
  return { outcome: payment.state, effect: false, answer: { status: 200, body: payment } };
}

const Listing = z.strictObject({
  orderId: id.optional(),
  from: z.iso.datetime().optional(),
  after: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

function list(book: PaymentBook, query: URLSearchParams): Served<Answer> {
  const asked = Listing.safeParse(Object.fromEntries(query));
  if (!asked.success) {
    const issue = asked.error.issues[0];
    const answer = errorAnswer(400, "BadRequest", issue?.message ?? "", issue?.path.join(".") ?? "");
    return refused("bad-request", answer);
  }
  const { from, ...listing } = asked.data;
  const { payments, next } = book.list({ ...listing, fromMs: from === undefined ? 0 : Date.parse(from) });
  const body = { payments, ...(next === undefined ? {} : { next: String(next) }) };
  return { outcome: "listed", effect: false, answer: { status: 200, body } };
}

function show(payment: Payment, status: number): Answer {
  return { status: payment.state === "declined" ? 402 : status, body: payment };
}

function unknown(): Served<Answer> {
  return refused("unknown-payment", errorAnswer(404, "UnknownPayment", "No payment has this key."));
}

function refused(outcome: string, answer: Answer): Served<Answer> {
  return { outcome, effect: false, answer };
}

/** What the ledger can say of a call, even of one that is refused before its body is looked at. */
function factsOf(call: Call, known: Payment | undefined): Pick<CallFacts, "orderId" | "details"> {
  const read = readJson(
    z.looseObject({ orderId: z.string(), amountMinor: z.number().optional() }),
    call.body,
  );
  const given = read.ok ? read.value : undefined;
  const amountMinor = given?.amountMinor ?? known?.amountMinor;
  return {
    orderId: given?.orderId ?? known?.orderId ?? null,
    ...(amountMinor !== undefined && { details: { amountMinor } }),
  };
}
