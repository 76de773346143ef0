import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Vendor } from "#shared/contracts/directory.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import type { System } from "#shared/ports/system.ts";
import type { Breaker } from "../breaker.ts";
import { hold, HELD_BY_ORDER, type MessageAge } from "./hold.ts";
import { supersede } from "./supersede.ts";

export interface InTurnDeps {
  readonly ledger: DeliveryLedger;
  readonly system: System;
  readonly breaker: Breaker;
}

/**
 * A cancellation never overtakes the notice of the order, and where that notice never went out, it is not sent either
 * (unless the vendor wants to hear of it). While nobody can say, it is held. Undefined when its turn has come; that is
 * also when its own budget ends before the notice is settled: then it is the safer thing to send.
 */
export async function inTurn(
  deps: InTurnDeps,
  delivery: Delivery,
  age: MessageAge,
  vendor: Vendor | undefined,
): Promise<Outcome | undefined> {
  const { after, orderId } = delivery;
  if (after === undefined || !WAITING.has(delivery.state)) return undefined;
  const before = await deps.ledger.get(orderId, after);
  if (before?.state === "delivered") return undefined;
  const at = new Date(deps.system.now()).toISOString();
  if (await supersede(deps.ledger, { id: after, orderId }, at)) {
    if (vendor?.cancelledBeforeNotice === "one-notice") return undefined;
    await supersede(deps.ledger, delivery, at);
    return DONE;
  }
  // Nobody will settle a parked notice that may have arrived: the cancellation is then the safer thing to send.
  if (before?.state === "parked") return undefined;
  return await waitForTurn(deps, delivery, age);
}

async function waitForTurn(
  deps: InTurnDeps,
  delivery: Delivery,
  age: MessageAge,
): Promise<Outcome | undefined> {
  const nowMs = deps.system.now();
  if (nowMs >= age.firstEnqueuedAtMs + budgetsMs[delivery.channel]) return undefined;
  if (delivery.state === "held" && delivery.hop >= age.hop) return DONE;
  return (await hold(deps, delivery, age, HELD_BY_ORDER)) ?? { kind: "wait", atMs: nowMs };
}

const WAITING: ReadonlySet<Delivery["state"]> = new Set(["pending", "held", "parked"]);

/** Nobody can say yet whether its recipient was told: it is under way, or an earlier attempt got no answer. */
export const isOpen = ({ state, maybeDelivered }: Delivery): boolean =>
  state === "sending" || (maybeDelivered && (state === "pending" || state === "held"));
