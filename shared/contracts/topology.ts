/**
 * The one list of topics, subscriptions, rules and queues. The function app, the embedded broker, the
 * infrastructure templates and the documentation are made from it or checked against it.
 *
 * Property names and ISO 8601 durations are those of Azure's own administration client.
 */
export interface Queue {
  readonly name: string;
  readonly lockDuration: string;
  /** The crash guard only: a handler that fails on purpose never uses it up. See docs/decisions. */
  readonly maxDeliveryCount: number;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindow: string;
  readonly defaultMessageTimeToLive: string;
  readonly deadLetteringOnMessageExpiration: boolean;
}

/** Delivers the messages whose `subject` (label on the wire) equals `correlationFilter.label`. */
export interface Rule {
  readonly name: string;
  readonly correlationFilter: { readonly label: string };
}

export interface Subscription {
  readonly name: string;
  readonly forwardTo: QueueName;
  readonly rules: readonly Rule[];
  readonly maxDeliveryCount: number;
}

export interface Topic {
  readonly name: string;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindow: string;
  readonly defaultMessageTimeToLive: string;
  readonly subscriptions: readonly Subscription[];
}

export interface Topology {
  readonly queues: readonly Queue[];
  readonly topics: readonly Topic[];
}

export const queueNames = [
  "stock",
  "customer-email",
  "vendor-notices",
  "vendor-webhook",
  "vendor-email",
] as const;
export type QueueName = (typeof queueNames)[number];

export const topicNames = ["inventory", "notifications"] as const;
export type TopicName = (typeof topicNames)[number];

/** Longer than any budget in `shared/domain/retry.ts`: a message must never expire while it may still be retried. */
const KEEP_MESSAGES_FOR = "P14D";
const REMEMBER_DUPLICATES_FOR = "PT30M";

/**
 * How long the messages of a process that died stay out of reach: the broker hands them out again when their locks run
 * out, not when the connection drops. The host renews the lock of whatever is still being handled, so this need not
 * cover the longest call to a partner, only a pause of the process.
 */
const LOCK_FOR = "PT20S";

const workQueue = (name: QueueName): Queue => ({
  name,
  lockDuration: LOCK_FOR,
  maxDeliveryCount: 10,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: REMEMBER_DUPLICATES_FOR,
  defaultMessageTimeToLive: KEEP_MESSAGES_FOR,
  deadLetteringOnMessageExpiration: true,
});

const subscription = (name: QueueName, subjects: readonly string[]): Subscription => ({
  name,
  forwardTo: name,
  maxDeliveryCount: 10,
  rules: subjects.map((label) => ({ name: label, correlationFilter: { label } })),
});

const topic = (name: TopicName, subscriptions: readonly Subscription[]): Topic => ({
  name,
  requiresDuplicateDetection: true,
  duplicateDetectionHistoryTimeWindow: REMEMBER_DUPLICATES_FOR,
  defaultMessageTimeToLive: KEEP_MESSAGES_FOR,
  subscriptions,
});

export const topology: Topology = {
  queues: queueNames.map(workQueue),
  topics: [
    topic("inventory", [
      subscription("stock", [
        "order.placed.v1",
        "order.answered.v1",
        "order.fulfilled.v1",
        "order.cancelled.v1",
      ]),
    ]),
    topic("notifications", [
      subscription("customer-email", [
        "order.placed.v1",
        "order.confirmed.v1",
        "order.attention-needed.v1",
        "order.attention-reminder.v1",
        "order.fulfilled.v1",
        "order.cancelled.v1",
        "order.refunded.v1",
      ]),
      subscription("vendor-notices", ["order.confirmed.v1", "order.cancelled.v1"]),
    ]),
  ],
};
