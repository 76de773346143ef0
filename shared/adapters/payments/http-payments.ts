import { z } from "zod";
import type { Payments, PaymentState } from "#shared/ports/payments.ts";
import { createPartnerApi, notUnderstood, type PartnerAnswer } from "../http/partner-api.ts";

export interface HttpPaymentsOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** 15 s when not given. */
  readonly timeoutMs?: number;
}

const PARTNER = "Payments";
const PAYMENT_REQUIRED = 402;
const NOT_FOUND = 404;

const Answer = z.object({ state: z.enum(["authorised", "captured", "declined", "voided", "refunded"]) });

/**
 * The payment provider over its JSON API: `POST /payments/{authorisations|captures|voids|refunds}` with the payment's key
 * as `Idempotency-Key`, `GET /payments/{key}`. A declined card is 402 with the state, an unknown key 404 `UnknownPayment`.
 *
 * | answer | class |
 * |---|---|
 * | no answer, 408, 425, 429, 5xx, 401, 403 | transient, throttled or dependency down, see `faultOfStatus` |
 * | 409 (a step the payment cannot take), 404 on a step, 422 (key names another payment), other 4xx | permanent |
 */
export function createHttpPayments({ baseUrl, apiKey, timeoutMs }: HttpPaymentsOptions): Payments {
  const call = createPartnerApi({ partner: PARTNER, baseUrl, apiKey, timeoutMs });
  const post = async (path: string, key: string, body: unknown): Promise<PaymentState> => {
    const understood = [PAYMENT_REQUIRED];
    const answer = await call({
      method: "POST",
      path: `/payments/${path}`,
      idempotencyKey: key,
      body,
      understood,
    });
    return stateOf(answer);
  };
  return {
    async find(key) {
      const path = `/payments/${encodeURIComponent(key)}`;
      const answer = await call({ method: "GET", path, unknownIs: "UnknownPayment" });
      return answer.status === NOT_FOUND ? undefined : stateOf(answer);
    },
    authorise: ({ key, orderId, amount, token }) =>
      post("authorisations", key, { orderId, ...amount, token }),
    capture: (key, orderId) => post("captures", key, { orderId }),
    void: (key, orderId) => post("voids", key, { orderId }),
    refund: (key, orderId) => post("refunds", key, { orderId }),
  };
}

function stateOf({ status, body }: PartnerAnswer): PaymentState {
  const parsed = Answer.safeParse(body);
  if (!parsed.success) throw notUnderstood(PARTNER, status, parsed.error);
  return parsed.data.state;
}
