import { z } from "zod";
import { PermanentFault } from "#shared/ports/faults.ts";
import type { Payments, PaymentState } from "#shared/ports/payments.ts";
import type { ReserveResult, Stock } from "#shared/ports/stock.ts";
import { createPartnerApi, notUnderstood } from "../http/partner-api.ts";

export interface CommercePartnerOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** 15 s when not given. */
  readonly timeoutMs?: number;
}

const PARTNER = "Commerce";
const NOT_FOUND = 404;
const CONFLICT = 409;

const PaymentAnswer = z.object({
  result: z.enum(["authorised", "captured", "declined", "voided", "refunded"]),
});
const ReserveAnswer = z.discriminatedUnion("result", [
  z.object({ result: z.literal("held") }),
  z.object({ result: z.literal("short"), missing: z.array(z.string()) }),
  z.object({ result: z.literal("released") }),
]);

/**
 * One partner that keeps the stock and takes the payments: `POST /commerce/operations` with the operation and our id for
 * it, `GET /commerce/payments/{id}` (404 `UnknownPayment` for one it never heard of). Every operation may be repeated; what a rule says no to is a `result`, not a status.
 *
 * | answer | class |
 * |---|---|
 * | no answer, 408, 425, 429, 5xx, 401, 403 | transient, see `faultOfStatus` |
 * | 409 (an operation that comes too late), 404, 422 (the id names something else), other 4xx | permanent |
 */
export function createCommercePartner(options: CommercePartnerOptions): { stock: Stock; payments: Payments } {
  const { baseUrl, apiKey, timeoutMs } = options;
  const call = createPartnerApi({ partner: PARTNER, baseUrl, apiKey, timeoutMs });

  const operate = async <S extends z.ZodType>(
    schema: S,
    body: { readonly operation: string; readonly id: string; readonly orderId: string },
    understood: readonly number[] = [],
  ): Promise<z.infer<S>> => {
    const answer = await call({ method: "POST", path: "/commerce/operations", body, understood });
    if (answer.status === CONFLICT) throw nothingHeld(body.id);
    const parsed = schema.safeParse(answer.body);
    if (!parsed.success) throw notUnderstood(PARTNER, answer.status, parsed.error);
    return parsed.data;
  };
  const step =
    (operation: string) =>
    async (id: string, orderId: string): Promise<PaymentState> =>
      (await operate(PaymentAnswer, { operation, id, orderId })).result;

  return {
    stock: {
      async reserve({ id, orderId, demand }) {
        const items = [...demand].map(([sku, pieces]) => ({ sku, pieces }));
        const body = { operation: "reserve", id, orderId, items };
        return resultOf(await operate(ReserveAnswer, body));
      },
      async release({ id, orderId }) {
        await operate(z.unknown(), { operation: "release", id, orderId });
      },
      async sell({ id, orderId }) {
        await operate(z.unknown(), { operation: "sell", id, orderId }, [CONFLICT]);
      },
    },
    payments: {
      async find(key) {
        const path = `/commerce/payments/${encodeURIComponent(key)}`;
        const { status, body } = await call({ method: "GET", path, unknownIs: "UnknownPayment" });
        if (status === NOT_FOUND) return undefined;
        const parsed = PaymentAnswer.safeParse(body);
        if (!parsed.success) throw notUnderstood(PARTNER, status, parsed.error);
        return parsed.data.result;
      },
      async authorise({ key: id, orderId, amount, token }) {
        const money = { minor: amount.amountMinor, currency: amount.currency };
        const body = { operation: "authorise", id, orderId, amount: money, card: token };
        return (await operate(PaymentAnswer, body)).result;
      },
      capture: step("capture"),
      void: step("void"),
      refund: step("refund"),
    },
  };
}

function resultOf(answer: z.infer<typeof ReserveAnswer>): ReserveResult {
  if (answer.result === "held") return { ok: true };
  if (answer.result === "short") return { ok: false, reason: "short", skus: answer.missing };
  return { ok: false, reason: "released" };
}

const nothingHeld = (id: string): PermanentFault =>
  new PermanentFault("NothingHeld", `Nothing is held for ${id}`);
