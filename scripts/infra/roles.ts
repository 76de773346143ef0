import type { ContainerName } from "#shared/contracts/containers.ts";
import type { Settings } from "#shared/contracts/settings.ts";
import { type QueueName, queueNames, type TopicName } from "#shared/contracts/topology.ts";

/** Settings whose values are secrets of partners, kept in Key Vault under `secretNameOf` them. */
export const secretSettings = [
  "PAYMENTS_KEY",
  "STOCK_PARTNER_KEY",
  "SMTP_URL",
  "LINK_KEYS",
  "ALARM_CHAT_URL",
] as const satisfies readonly (keyof Settings)[];
export type SecretSetting = (typeof secretSettings)[number];

export const secretNameOf = (setting: SecretSetting): string => setting.toLowerCase().replaceAll("_", "-");

/**
 * A part of the app that is deployed, scaled and given rights on its own: all run the same bundle, each under an
 * identity that can do what is listed here and nothing else.
 */
export interface Role {
  readonly name: string;
  /** Names as registered in `functions/`; every function belongs to exactly one role. */
  readonly functions: readonly string[];
  /** Takes requests from outside. */
  readonly http: boolean;
  readonly listensTo: readonly QueueName[];
  /** Looked at by the watch, which takes nothing; Service Bus knows no lesser right than to receive. */
  readonly peeksAt: readonly QueueName[];
  readonly sendsTo: readonly (QueueName | TopicName)[];
  /** Containers of Cosmos DB. What is written may be read too. */
  readonly writes: readonly ContainerName[];
  readonly reads: readonly ContainerName[];
  readonly secrets: readonly SecretSetting[];
  readonly sendsMail: boolean;
  readonly scale: {
    /** Most instances at once: times `maxConcurrentCalls` of host.json it is what a partner has to bear. */
    readonly mostInstances: number;
    /** Where the platform does not know better (Kubernetes): messages waiting per instance. */
    readonly messagesPerInstance: number;
  };
}

const api: Role = {
  name: "api",
  functions: [
    "get-order",
    "get-question",
    "health-live",
    "health-ready",
    "list-circuits",
    "list-findings",
    "list-orders",
    "not-found",
    "openapi",
    "post-answer",
    "post-cancellation",
    "post-handover",
    "post-order",
  ],
  http: true,
  listensTo: [],
  peeksAt: [],
  sendsTo: ["inventory", "notifications"],
  writes: ["orders", "watch"],
  reads: ["brands", "circuits", "deliveries", "findings", "keys"],
  secrets: ["LINK_KEYS"],
  sendsMail: false,
  scale: { mostInstances: 100, messagesPerInstance: 0 },
};

/**
 * What nobody asks for and what must happen all the same: the timers. One instance is enough, and always there; the
 * door to the outside needs none of these rights.
 */
const caretaker: Role = {
  name: "caretaker",
  functions: ["follow-up-questions", "reconcile", "release-held", "sweep-outbox", "watch-backlog"],
  http: false,
  listensTo: [],
  peeksAt: queueNames,
  sendsTo: ["inventory", "notifications", ...queueNames],
  writes: ["circuits", "deliveries", "findings", "orders", "watch"],
  reads: ["stock"],
  // Without the stock partner's key it would take the empty stock in Cosmos DB for the truth.
  secrets: ["PAYMENTS_KEY", "STOCK_PARTNER_KEY", "ALARM_CHAT_URL"],
  sendsMail: false,
  scale: { mostInstances: 1, messagesPerInstance: 0 },
};

type WorkerRights = Pick<Role, "writes" | "reads"> & {
  readonly alsoSendsTo?: Role["sendsTo"];
  readonly secrets?: Role["secrets"];
  readonly sendsMail?: boolean;
  readonly mostInstances: number;
};

/** Sends to its own queue too: a retry is a delayed copy, a parked message a marked one. */
const worker = (queue: QueueName, rights: WorkerRights): Role => ({
  name: queue,
  functions: [queue],
  http: false,
  listensTo: [queue],
  peeksAt: [],
  sendsTo: [queue, ...(rights.alsoSendsTo ?? [])],
  // Every instance counts what it has done for the watch.
  writes: [...rights.writes, "watch"],
  reads: rights.reads,
  secrets: rights.secrets ?? [],
  sendsMail: rights.sendsMail ?? false,
  scale: { mostInstances: rights.mostInstances, messagesPerInstance: 32 },
});

const workers: Record<QueueName, WorkerRights> = {
  stock: {
    alsoSendsTo: ["inventory", "notifications"],
    writes: ["orders", "stock", "circuits"],
    reads: [],
    secrets: ["PAYMENTS_KEY", "STOCK_PARTNER_KEY"],
    mostInstances: 20,
  },
  "customer-email": {
    writes: ["deliveries", "circuits", "budgets"],
    reads: ["brands", "orders"],
    secrets: ["SMTP_URL", "LINK_KEYS"],
    sendsMail: true,
    mostInstances: 5,
  },
  "vendor-notices": {
    alsoSendsTo: ["vendor-webhook", "vendor-email"],
    writes: ["deliveries"],
    reads: ["orders", "vendors"],
    mostInstances: 10,
  },
  // A vendor who changes the channel is told through the other queue.
  "vendor-webhook": {
    alsoSendsTo: ["vendor-email"],
    writes: ["deliveries", "circuits", "budgets", "vendors"],
    reads: ["brands", "orders"],
    mostInstances: 20,
  },
  "vendor-email": {
    alsoSendsTo: ["vendor-webhook"],
    writes: ["deliveries", "circuits", "budgets"],
    reads: ["brands", "orders", "vendors"],
    secrets: ["SMTP_URL"],
    sendsMail: true,
    mostInstances: 5,
  },
};

export const roles: readonly Role[] = [
  api,
  caretaker,
  ...queueNames.map((queue) => worker(queue, workers[queue])),
];
