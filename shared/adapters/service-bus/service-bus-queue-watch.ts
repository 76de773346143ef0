import Long from "long";
import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from "@azure/service-bus";
import { messageProperties } from "#shared/contracts/message-properties.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import { type DeadLetterNote, MOST_LOOKED_AT, type QueueWatch } from "#shared/ports/queue-watch.ts";

/**
 * Peeks: nothing is locked, and no delivery is counted. The first message of a queue is at least as old as any that has not
 * been handled yet; delayed copies carry the time at which their first message came.
 */
export function createServiceBusQueueWatch(connect: () => Promise<ServiceBusClient>): QueueWatch {
  let connected: Promise<ServiceBusClient> | undefined;
  return {
    async look(queue, mark) {
      try {
        connected ??= connect();
        const client = await connected;
        const deadLetters = () => client.createReceiver(queue, { subQueueType: "deadLetter" });
        const [waiting, dead, [oldestDead]] = await Promise.all([
          peek(client.createReceiver(queue), undefined, MOST_LOOKED_AT),
          peek(deadLetters(), mark, MOST_LOOKED_AT),
          peek(deadLetters(), undefined, 1),
        ]);
        const since = waiting.map(waitingSinceMs);
        return {
          oldestSinceMs: since.length === 0 ? undefined : Math.min(...since),
          waiting: waiting.length,
          newDeadLetters: dead.map(noteOf),
          oldestDeadLetterMs: oldestDead?.enqueuedTimeUtc?.getTime(),
          mark: dead.at(-1)?.sequenceNumber?.add(1).toString() ?? mark ?? "0",
        };
      } catch (error) {
        // Another connection at the next look: a broken one may never answer again.
        connected?.then((client) => client.close()).catch(() => undefined);
        connected = undefined;
        throw new TransientFault(`Service Bus does not show ${queue}: ${String(error)}`, { cause: error });
      }
    },
  };
}

async function peek(
  receiver: ServiceBusReceiver,
  mark: string | undefined,
  most: number,
): Promise<ServiceBusReceivedMessage[]> {
  try {
    // Without a number the client (7.9.5) goes on where it last peeked, even through another receiver.
    const fromSequenceNumber = mark === undefined ? Long.ZERO : Long.fromString(mark);
    return await receiver.peekMessages(most, { fromSequenceNumber });
  } finally {
    await receiver.close();
  }
}

function waitingSinceMs({ enqueuedTimeUtc, applicationProperties }: ServiceBusReceivedMessage): number {
  const first = applicationProperties?.[messageProperties.firstEnqueuedAt];
  const firstMs = typeof first === "string" ? Date.parse(first) : Number.NaN;
  return Number.isNaN(firstMs) ? (enqueuedTimeUtc?.getTime() ?? Date.now()) : firstMs;
}

/** Ours say why they were parked; what the broker itself moved says it in its own words. */
function noteOf(message: ServiceBusReceivedMessage): DeadLetterNote {
  const { applicationProperties = {}, deadLetterReason, deadLetterErrorDescription } = message;
  const { failureReason, failureDescription } = applicationProperties;
  return {
    reason: String(failureReason ?? deadLetterReason ?? "unknown"),
    description: String(failureDescription ?? deadLetterErrorDescription ?? ""),
  };
}
