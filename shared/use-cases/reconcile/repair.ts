import { orderEvent } from "#shared/contracts/messages.ts";
import type { Repair, Suspicion } from "#shared/domain/reconcile/suspicion.ts";
import type { Bus } from "#shared/ports/bus.ts";
import type { System } from "#shared/ports/system.ts";
import { dueMessage } from "../notify/due-message.ts";
import type { OutboxPublisher } from "../publish-outbox.ts";
import type { Books } from "./gather.ts";

export interface RepairDeps {
  readonly books: Books;
  readonly bus: Bus;
  readonly outbox: OutboxPublisher;
  readonly system: System;
}

/**
 * Has done again what may be done any number of times: an event is handled once more by one consumer, a delivery is
 * attempted, an outbox published. Answers how many repairs were begun; whether they helped, the next run shows.
 */
export async function repair(deps: RepairDeps, suspicions: readonly Suspicion[]): Promise<number> {
  // Several contradictions of one order may need the same message.
  const due = new Map<string, { readonly orderId: string; readonly repair: Repair }>();
  for (const { orderId, repair: wanted } of suspicions) {
    if (orderId !== undefined && wanted !== undefined)
      due.set(`${orderId} ${JSON.stringify(wanted)}`, { orderId, repair: wanted });
  }
  for (const { orderId, repair: wanted } of due.values()) await carryOut(deps, orderId, wanted);
  await deps.outbox.drain();
  return due.size;
}

async function carryOut(
  { books, bus, outbox, system }: RepairDeps,
  orderId: string,
  wanted: Repair,
): Promise<void> {
  if (wanted.kind === "deliver-again") {
    for (const entry of await books.deliveries.ofOrder(orderId)) {
      if (!("record" in entry) || entry.record.id !== wanted.deliveryId) continue;
      await bus.send(entry.record.channel, [dueMessage(entry.record, entry.record.hop + 1)]);
    }
    return;
  }
  const entry = await books.orders.named(orderId);
  if (entry === undefined || "damaged" in entry) return;
  const order = entry.record;
  if (wanted.kind === "publish-outbox") return outbox.publishSoon(order);
  const at = new Date(system.now()).toISOString();
  const { queue, event: type, question } = wanted;
  const about = question === undefined ? {} : { question };
  const body = orderEvent(order, `again-${type}-${question ?? 0}-${at}`, {
    topic: "inventory",
    type,
    at,
    ...about,
  });
  await bus.send(queue, [{ messageId: body.id, subject: type, correlationId: orderId, body }]);
}
