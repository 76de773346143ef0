import type { Channel, Delivery } from "#shared/contracts/delivery.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import { type QueueName, topology } from "#shared/contracts/topology.ts";
import { vendorsOf } from "../hand-over.ts";
import { deliveryIdFor } from "../ids.ts";
import { budgetsMs } from "../retry.ts";
import type { OrderRecords } from "./records.ts";
import { about, isSettled, type Suspicion } from "./suspicion.ts";

/** The events that a consumer of the notifications topic hears of. */
const heardBy = (queue: QueueName): ReadonlySet<string> =>
  new Set(
    topology.topics
      .flatMap(({ subscriptions }) => subscriptions)
      .filter(({ forwardTo }) => forwardTo === queue)
      .flatMap(({ rules }) => rules.map(({ correlationFilter }) => correlationFilter.label)),
  );
const mailed = heardBy("customer-email");

const vendorChannels: ReadonlySet<Channel> = new Set(["vendor-webhook", "vendor-email"]);

/** Everybody who should have been told is in the ledger, nobody else is, and nobody waits for ever. */
export function examineNotices({ order, deliveries }: OrderRecords, nowMs: number): Suspicion[] {
  const known = new Map<string, Delivery | undefined>(
    deliveries.map((entry) =>
      "record" in entry ? [entry.record.id, entry.record] : [entry.damaged, undefined],
    ),
  );
  const happened = occurrencesOf(order);
  const past = happened.filter(({ at }) => isSettled(at, nowMs));
  return [
    ...missingMails(order, past, known),
    ...missingVendorNotices(order, past, known),
    ...[...known].flatMap(([id, delivery]) =>
      delivery === undefined
        ? [{ ...about(order), subject: id, kind: "damaged" as const, detail: "is no delivery any more" }]
        : [...examineReason(order, delivery, happened), ...examineWait(order, delivery, known, nowMs)],
    ),
  ];
}

type Known = ReadonlyMap<string, Delivery | undefined>;

interface Occurrence {
  readonly at: string;
  readonly event: EventType;
  /** The question that it is about, where it is about one. */
  readonly question?: number;
}

const asking: ReadonlySet<EventType> = new Set(["order.attention-needed.v1", "order.attention-reminder.v1"]);

/** The timeline, with the number of the question that was open at the time. */
function occurrencesOf({ timeline }: Order): Occurrence[] {
  let question = 0;
  return timeline.map(({ at, event }) => {
    if (event === "order.attention-needed.v1") question++;
    return { at, event, ...(asking.has(event) ? { question } : {}) };
  });
}

function missingMails(order: Order, past: readonly Occurrence[], known: Known): Suspicion[] {
  return past
    .filter(({ event }) => mailed.has(event))
    .map((occurrence) => {
      const { event, question } = occurrence;
      return { occurrence, id: deliveryIdFor(order.id, event, "customer", question) };
    })
    .filter(({ id }) => !known.has(id))
    .map(({ occurrence, id }) => missing(order, id, "customer-email", occurrence));
}

function missingVendorNotices(order: Order, past: readonly Occurrence[], known: Known): Suspicion[] {
  const happened = (wanted: EventType): Occurrence | undefined => past.find(({ event }) => event === wanted);
  const cancelled = happened("order.cancelled.v1");
  const due = cancelled ?? happened("order.confirmed.v1");
  if (due === undefined) return [];
  return vendorsOf(order).flatMap((vendor) => {
    const told = deliveryIdFor(order.id, "order.confirmed.v1", vendor);
    if (!known.has(told)) return [missing(order, told, "vendor-notices", due)];
    const cancellation = deliveryIdFor(order.id, "order.cancelled.v1", vendor);
    const mustHear = cancelled !== undefined && known.get(told)?.state === "delivered";
    return mustHear && !known.has(cancellation) ? [missing(order, cancellation, "vendor-notices", due)] : [];
  });
}

function missing(
  order: Order,
  subject: string,
  queue: QueueName,
  { event, question }: Occurrence,
): Suspicion {
  const repair = {
    kind: "handle-again",
    queue,
    event,
    ...(question === undefined ? {} : { question }),
  } as const;
  return {
    ...about(order),
    subject,
    kind: "notice-missing",
    detail: `nothing says that ${event} was told`,
    repair,
  };
}

/** Somebody who has to do with the order was told of something that happened to it, or it was taken back. */
function examineReason(order: Order, delivery: Delivery, happened: readonly Occurrence[]): Suspicion[] {
  const { id, event, question, channel, recipient, state } = delivery;
  const isReason = happened.some((one) => one.event === event && one.question === question);
  const isExplained =
    id === deliveryIdFor(order.id, event, recipient, question) &&
    (state === "superseded" || isReason) &&
    (channel === "customer-email"
      ? recipient === "customer"
      : vendorChannels.has(channel) && vendorsOf(order).includes(recipient));
  if (isExplained) return [];
  const detail = `${event} to ${recipient} by ${channel}, ${state}`;
  return [{ ...about(order), subject: id, kind: "notice-unexplained", detail }];
}

function examineWait(order: Order, delivery: Delivery, known: Known, nowMs: number): Suspicion[] {
  if (!isOverdue(delivery, known, nowMs)) return [];
  const { id, state, updatedAt } = delivery;
  const repair = { kind: "deliver-again", deliveryId: id } as const;
  return [
    { ...about(order), subject: id, kind: "notice-stuck", detail: `${state} since ${updatedAt}`, repair },
  ];
}

/** Long past its next attempt, and not because it waits for another notice or for its circuit. */
function isOverdue(delivery: Delivery, known: Known, nowMs: number): boolean {
  const { state, channel, createdAt, updatedAt, nextAttemptAt, after } = delivery;
  // The release lets go of everything that is held once its time is up, whatever the circuit says.
  if (state === "held")
    return isSettled(createdAt, nowMs - budgetsMs[channel]) && isSettled(updatedAt, nowMs);
  if (state !== "pending" && state !== "sending") return false;
  const before = after === undefined ? undefined : known.get(after);
  if (before !== undefined && waiting.has(before.state)) return false;
  return isSettled(updatedAt, nowMs) && (nextAttemptAt === undefined || isSettled(nextAttemptAt, nowMs));
}

const waiting: ReadonlySet<Delivery["state"]> = new Set(["pending", "sending", "held"]);
