import { BrokerError } from "../errors.ts";
import { NEVER } from "../limits.ts";
import { parseDuration } from "./duration.ts";

/** "Without end", as Azure's administration client writes it. */
export const FOREVER = "P10675199DT2H48M5.4775807S";

export const entityStatuses = ["Active", "Disabled", "SendDisabled", "ReceiveDisabled"] as const;
export type EntityStatus = (typeof entityStatuses)[number];

/** What entities of each kind can be set to: nobody receives from a topic or sends to a subscription. */
export const statusesOf = {
  queue: entityStatuses,
  topic: ["Active", "Disabled", "SendDisabled"],
  subscription: ["Active", "Disabled", "ReceiveDisabled"],
} as const satisfies Readonly<Record<string, readonly EntityStatus[]>>;

/** In characters. */
export const MAX_USER_METADATA = 1024;

/**
 * What an entity is configured to do, under the names of Azure's administration client. Durations are ISO
 * 8601 texts. One shape serves queues, topics and subscriptions; each kind ignores what it does not have.
 */
export interface Description {
  readonly lockDuration: string;
  readonly maxDeliveryCount: number;
  readonly requiresDuplicateDetection: boolean;
  readonly duplicateDetectionHistoryTimeWindow: string;
  readonly requiresSession: boolean;
  readonly defaultMessageTimeToLive: string;
  readonly deadLetteringOnMessageExpiration: boolean;
  /** Of a subscription: whether a message that one of its rules cannot be evaluated for becomes a dead letter. */
  readonly deadLetteringOnFilterEvaluationExceptions: boolean;
  /** The name of a queue or topic; undefined = the messages stay here. */
  readonly forwardTo: string | undefined;
  /** Where dead letters go; undefined = the entity's own dead-letter queue. */
  readonly forwardDeadLetteredMessagesTo: string | undefined;
  readonly status: EntityStatus;
  readonly autoDeleteOnIdle: string;
  readonly userMetadata: string | undefined;
  readonly maxSizeInMegabytes: number;
  readonly enableBatchedOperations: boolean;
}

export const defaults: Description = {
  lockDuration: "PT1M",
  maxDeliveryCount: 10,
  requiresDuplicateDetection: false,
  duplicateDetectionHistoryTimeWindow: "PT10M",
  requiresSession: false,
  defaultMessageTimeToLive: FOREVER,
  deadLetteringOnMessageExpiration: false,
  deadLetteringOnFilterEvaluationExceptions: true,
  forwardTo: undefined,
  forwardDeadLetteredMessagesTo: undefined,
  status: "Active",
  autoDeleteOnIdle: FOREVER,
  userMetadata: undefined,
  maxSizeInMegabytes: 1024,
  enableBatchedOperations: true,
};

/** The durations of a description in milliseconds. */
export interface Timing {
  readonly lockMs: number;
  readonly timeToLiveMs: number;
  readonly duplicateWindowMs: number;
  readonly idleMs: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** The largest namespace that Service Bus sells; a real one also insists on whole gigabytes. */
const MAX_SIZE_MB = 81_920;
const DAY = 24 * 60 * MINUTE;

/** @throws BrokerError (invalid) naming the property that is not what Service Bus allows */
export function timingOf(description: Description): Timing {
  const timing = {
    lockMs: duration("LockDuration", description.lockDuration, 5 * SECOND, 5 * MINUTE),
    timeToLiveMs: duration("DefaultMessageTimeToLive", description.defaultMessageTimeToLive, SECOND, NEVER),
    duplicateWindowMs: duration(
      "DuplicateDetectionHistoryTimeWindow",
      description.duplicateDetectionHistoryTimeWindow,
      // As the official emulator has it; Azure begins at 20 seconds.
      5 * SECOND,
      7 * DAY,
    ),
    idleMs: duration("AutoDeleteOnIdle", description.autoDeleteOnIdle, 5 * MINUTE, NEVER),
  };
  const { maxDeliveryCount } = description;
  if (!Number.isInteger(maxDeliveryCount) || maxDeliveryCount < 1 || maxDeliveryCount > 2000) {
    throw new BrokerError("invalid", `MaxDeliveryCount must be between 1 and 2000, not ${maxDeliveryCount}.`);
  }
  const { maxSizeInMegabytes } = description;
  if (!Number.isInteger(maxSizeInMegabytes) || maxSizeInMegabytes < 1 || maxSizeInMegabytes > MAX_SIZE_MB)
    throw new BrokerError(
      "invalid",
      `MaxSizeInMegabytes must be between 1 and ${MAX_SIZE_MB}, not ${maxSizeInMegabytes}.`,
    );
  return timing;
}

function duration(name: string, value: string, min: number, max: number): number {
  const ms = parseDuration(value);
  if (ms === undefined || ms < min || ms > max) {
    throw new BrokerError("invalid", `${name} is not an allowed ISO 8601 duration: '${value}'.`);
  }
  return ms;
}
