/**
 * Every metric that Expedite records, with its unit and what it says. The workbook, the alarms and docs/operations.md
 * name no other. `sum` adds up, `distribution` is a value per event, `level` is how it stands at the moment.
 */
export const metrics = {
  "orders.accepted": { kind: "sum", unit: "{order}", says: "POSTs answered 202, by brand; replays apart" },
  "orders.refused": { kind: "sum", unit: "{order}", says: "POSTs answered otherwise, by reason and status" },
  "order.time_to_confirmed": { kind: "distribution", unit: "s", says: "from the POST to the confirmation" },
  "delivery.time_to_told": {
    kind: "distribution",
    unit: "s",
    says: "from the making of a delivery to its acceptance by whoever is told, by channel",
  },
  "delivery.attempts": {
    kind: "distribution",
    unit: "{attempt}",
    says: "attempts of what was told, by channel",
  },
  "messages.handled": { kind: "sum", unit: "{message}", says: "attempts at messages, by queue and outcome" },
  "message.time_to_done": {
    kind: "distribution",
    unit: "s",
    says: "from a message's first arrival on its queue to the end of its work, by queue",
  },
  "dead_letters.added": {
    kind: "sum",
    unit: "{message}",
    says: "messages parked, by queue, reason and fingerprint",
  },
  "backlog.oldest_age": {
    kind: "level",
    unit: "s",
    says: "age of the oldest work that is not done, by consumer",
  },
  "backlog.waiting": {
    kind: "level",
    unit: "{message}",
    says: "messages that wait, delayed ones included, by consumer",
  },
  "backlog.processed": {
    kind: "level",
    unit: "{message}",
    says: "done in the last ten minutes, by consumer",
  },
  "deliveries.held": {
    kind: "level",
    unit: "{delivery}",
    says: "deliveries that wait for a partner, by circuit",
  },
  "circuit.open": { kind: "level", unit: "1", says: "1 while the circuit is open, else 0" },
  "alarm.ringing": { kind: "level", unit: "1", says: "0 silent, 1 ticket, 2 page; by kind and subject" },
} as const satisfies Record<
  string,
  { readonly kind: "sum" | "distribution" | "level"; readonly unit: string; readonly says: string }
>;

export type MetricName = keyof typeof metrics;
