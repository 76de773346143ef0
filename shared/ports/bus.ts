import type { QueueName, TopicName } from "#shared/contracts/topology.ts";

export type MessageProperties = Readonly<Record<string, string | number | boolean>>;

export interface OutgoingMessage {
  /** Deterministic: the same message sent again is dropped by duplicate detection. */
  readonly messageId: string;
  /** What subscriptions filter by. */
  readonly subject: string;
  readonly correlationId: string;
  readonly body: unknown;
  readonly properties?: MessageProperties;
  /** Not delivered before this time, in milliseconds since the Unix epoch. */
  readonly notBeforeMs?: number;
}

/** Puts messages on topics and queues. */
export interface Bus {
  /**
   * Resolves when the broker has all of them on disk. When it throws (TransientFault), some may have arrived:
   * send the same again, their ids make that harmless.
   */
  send(target: TopicName | QueueName, messages: readonly OutgoingMessage[]): Promise<void>;
}
