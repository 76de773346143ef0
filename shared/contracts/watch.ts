import { z } from "zod";

/** Every alarm that our own watch may ring. Each has its section in docs/operations.md, under this name. */
export const alarmKinds = [
  "backlog-age",
  "heading-for-half-an-hour",
  "new-fingerprint",
  "forgotten-dead-letters",
  "many-attempts",
  "circuit-open",
  "orders-refused-burn",
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

const Ms = z.number();

/**
 * What the watch over backlogs, dead letters and refused orders leaves for its next look; see `shared/domain/alarms/`. What
 * another version has noted there beside it is forgotten.
 */
export const WatchRecord = z.object({
  state: z.object({
    looks: z.record(z.string(), z.array(z.object({ atMs: Ms, ageMs: Ms }))),
    fingerprints: z.array(
      z.object({
        fingerprint: z.string(),
        queue: z.string(),
        reason: z.string(),
        firstSeenMs: Ms,
        lastSeenMs: Ms,
        count: z.int(),
      }),
    ),
    orders: z.array(z.object({ fromMs: Ms, accepted: z.int(), failed: z.int() })),
    ringing: z.array(
      z.object({
        kind: z.enum(alarmKinds),
        subject: z.string(),
        loudness: z.enum(["ticket", "page"]),
        text: z.string(),
        sinceMs: Ms,
      }),
    ),
  }),
  /** By queue: up to where its dead letters have been looked at. */
  marks: z.record(z.string(), z.string()),
  /** Counts of later minutes have not been looked at. */
  countedUntilMs: Ms,
});
export type WatchRecord = z.infer<typeof WatchRecord>;

/** Names of what all instances count for the watch. */
export const deliveriesTold = "deliveries_told";
export const deliveryAttempts = "delivery_attempts";
export const ordersAccepted = "orders_accepted";
export const ordersFailed = "orders_failed";
export const handledOf = (queue: string): string => `handled_${queue.replaceAll("-", "_")}`;
