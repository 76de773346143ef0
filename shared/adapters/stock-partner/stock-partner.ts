import { z } from "zod";
import { PermanentFault } from "#shared/ports/faults.ts";
import type { ReserveResult, Stock } from "#shared/ports/stock.ts";
import { createPartnerApi, notUnderstood } from "../http/partner-api.ts";

export interface StockPartnerOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  /** 15 s when not given. */
  readonly timeoutMs?: number;
}

const PARTNER = "Stock";
const NOT_FOUND = 404;
const CONFLICT = 409;

const Answer = z.discriminatedUnion("state", [
  z.object({ state: z.literal("held") }),
  z.object({ state: z.literal("short"), skus: z.array(z.string()) }),
  z.object({ state: z.literal("released") }),
]);

/**
 * A partner who keeps the stock: `PUT /stock/reservations/{id}`, `POST …/{id}/release`, `POST …/{id}/sale`. Not enough
 * goods, or a reservation that was released before, is 409 with the state; a sale of what nobody holds 404 `NothingHeld`.
 *
 * | answer | class |
 * |---|---|
 * | no answer, 408, 425, 429, 5xx, 401, 403 | transient, throttled or dependency down, see `faultOfStatus` |
 * | 422 (the id holds other goods), other 4xx | permanent |
 */
export function createStockPartner({ baseUrl, apiKey, timeoutMs }: StockPartnerOptions): Stock {
  const call = createPartnerApi({ partner: PARTNER, baseUrl, apiKey, timeoutMs });
  return {
    async reserve({ id, orderId, demand }) {
      const lines = [...demand].map(([sku, quantity]) => ({ sku, quantity }));
      const path = `/stock/reservations/${encodeURIComponent(id)}`;
      const answer = await call({ method: "PUT", path, body: { orderId, lines }, understood: [CONFLICT] });
      const parsed = Answer.safeParse(answer.body);
      if (!parsed.success) throw notUnderstood(PARTNER, answer.status, parsed.error);
      return resultOf(parsed.data);
    },
    async release({ id, orderId }) {
      const path = `/stock/reservations/${encodeURIComponent(id)}/release`;
      await call({ method: "POST", path, body: { orderId } });
    },
    async sell({ id, orderId }) {
      const path = `/stock/reservations/${encodeURIComponent(id)}/sale`;
      const { status } = await call({ method: "POST", path, body: { orderId }, unknownIs: "NothingHeld" });
      if (status === NOT_FOUND) throw new PermanentFault("NothingHeld", `Nothing is held for ${id}`);
    },
  };
}

function resultOf(answer: z.infer<typeof Answer>): ReserveResult {
  if (answer.state === "held") return { ok: true };
  if (answer.state === "short") return { ok: false, reason: "short", skus: answer.skus };
  return { ok: false, reason: "released" };
}
