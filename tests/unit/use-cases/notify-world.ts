import { z } from "zod";
import type { Delivery } from "#shared/contracts/delivery.ts";
import { messageProperties } from "#shared/contracts/message-properties.ts";
import { DeliveryDue, OrderEvent } from "#shared/contracts/messages.ts";
import type { Order } from "#shared/contracts/order.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import type { Outcome } from "#shared/domain/outcome.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { planVendorNotices } from "#shared/use-cases/notify/plan-vendor-notices.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { anOccasion, anOrder, moved, published, refOf } from "../../builders/orders.ts";
import { createMemoryApp, type MemoryApp } from "../../fakes/memory-app.ts";
import { type Choose, Interleaving, type Stepping } from "./interleaving.ts";

/** What the vendor's side does with a notice: takes it, refuses it, takes it without an answer; or wants none, ever. */
export type Answer = "taken" | "refused" | "lost" | "gone";

export interface Story {
  /** What the vendor's side does with the first notices; the later ones it takes. */
  readonly answers?: readonly Answer[];
  /** The order is cancelled, at any moment. */
  readonly cancelled?: boolean;
  /** Every message is handed out twice at the same time, because locks were lost. */
  readonly twice?: boolean;
}

/** How it all came to rest. */
export interface Rest {
  /** The events that reached the vendor, in order, with the id that tells a repeat. */
  readonly received: readonly { readonly type: string; readonly id: string }[];
  readonly deliveries: readonly Delivery[];
  readonly order: Order;
  readonly parked: readonly string[];
}

const QUEUES = ["vendor-notices", "vendor-webhook", "vendor-email"] as const;
type TestedQueue = (typeof QUEUES)[number];
/** Longer than the release trusts a message that it has sent to arrive. */
const A_WHILE_MS = 150_000;
const MOST_RELEASES = 50;
const Notice = z.object({ type: z.string() });

/** Tells one vendor of an order that is confirmed, and perhaps cancelled, in a course of events. */
export async function tell(story: Story, choose: Choose): Promise<Rest> {
  const { answers = [], cancelled = false, twice = false } = story;
  const app = createMemoryApp();
  const [line] = anOrder().lines;
  const placed = anOrder({ lines: [line!] });
  const confirmed = moved(confirmOrder(published(placed), anOccasion()));
  app.orders.put(confirmed);
  app.outbox.publishSoon(confirmed);
  await app.outbox.drain();

  const vendor = new VendorSide(answers);
  const interleaving = new Interleaving(choose);
  const parked: string[] = [];

  const deliver = (queue: TestedQueue, body: unknown, hop: number): void =>
    interleaving.spawn(
      async (step) => {
        const outcome = await handle({ ...app, webhooks: vendor }, step, body, hop, queue);
        if (outcome.kind === "retry" || outcome.kind === "wait") deliver(queue, body, hop + 1);
        if (outcome.kind === "park") parked.push(outcome.reason);
      },
      ({ kind }) => {
        if (kind !== "done") deliver(queue, body, hop);
      },
    );
  const deliverAll = (): void => {
    for (const queue of QUEUES) {
      for (const { body, properties } of app.bus.take(queue)) {
        const hop = Number(properties?.[messageProperties.hop] ?? 1);
        deliver(queue, body, hop);
        if (twice) deliver(queue, body, hop);
      }
    }
  };

  if (cancelled) {
    interleaving.spawn(async (step) => {
      await step({ cancel: () => cancel(app, confirmed) }).cancel();
    });
  }
  await interleaving.run(deliverAll);
  for (let release = 0; app.ledger.all.some(({ state }) => state === "held"); release++) {
    if (release > MOST_RELEASES) throw new Error("A delivery is held for good");
    app.system.advance(A_WHILE_MS);
    interleaving.spawn((step) =>
      releaseHeld({ ...app, ledger: step(app.ledger), bus: step(app.bus) }).then(() => undefined),
    );
    await interleaving.run(deliverAll);
  }
  const order = (await app.orders.get(refOf(confirmed))) ?? confirmed;
  return { parked, order, received: vendor.received, deliveries: app.ledger.all };
}

async function cancel(app: MemoryApp, confirmed: Order): Promise<void> {
  const next = moved(cancelOrder(confirmed, undefined, anOccasion()));
  const saved = await app.orders.transition(confirmed, next);
  if (saved.ok) app.outbox.publishSoon(saved.order);
  await app.outbox.drain();
}

/** One delivery of a message, as the functions handle it. */
async function handle(
  app: Omit<MemoryApp, "webhooks"> & { readonly webhooks: VendorSide },
  step: Stepping,
  body: unknown,
  hop: number,
  queue: TestedQueue,
): Promise<Outcome> {
  const [orders, ledger, bus, webhooks] = [
    step(app.orders),
    step(app.ledger),
    step(app.bus),
    step(app.webhooks),
  ];
  const deps = {
    ...app,
    orders,
    ledger,
    bus,
    webhooks,
    outbox: new OutboxPublisher({ orders, bus, log: app.log }),
  };
  if (queue === "vendor-notices") {
    const { data, type } = OrderEvent.parse(body);
    return await planVendorNotices(deps, data, type, anOccasion());
  }
  // Each copy is late by as much as its decision said.
  app.system.advance(1000);
  return await tellVendor(deps, DeliveryDue.parse(body), { hop, firstEnqueuedAtMs: app.system.now() }, queue);
}

class VendorSide {
  readonly received: { type: string; id: string }[] = [];
  readonly #answers: Answer[];

  constructor(answers: readonly Answer[]) {
    this.#answers = [...answers];
  }

  async post({ id, body }: { readonly id: string; readonly body: string }): Promise<void> {
    const answer = (this.#answers[0] === "gone" ? "gone" : this.#answers.shift()) ?? "taken";
    if (answer === "refused") throw new TransientFault("answered 503");
    if (answer === "gone") throw new PermanentFault("Gone", "answered 410");
    const { type } = Notice.parse(JSON.parse(body));
    this.received.push({ type, id });
    if (answer === "lost") throw new TransientFault("no answer", { unknownOutcome: true });
    await Promise.resolve();
  }
}
