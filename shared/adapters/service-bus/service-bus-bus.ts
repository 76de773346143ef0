import type {
  ServiceBusClient,
  ServiceBusMessage,
  ServiceBusMessageBatch,
  ServiceBusSender,
} from "@azure/service-bus";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";

interface Waiting {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends through Azure's client. Calls for one target that arrive while a batch is under way leave together in the next
 * one. `connect` is called at the first send, so that the client costs nothing at start; all targets share its
 * connection.
 */
export function createServiceBusBus(connect: () => Promise<ServiceBusClient>): Bus {
  const client = onceItWorks(connect);
  const lanes = new Map<string, Lane>();
  return {
    async send(target, messages) {
      if (messages.length === 0) return;
      let lane = lanes.get(target);
      if (lane === undefined) {
        lane = new Lane(async () => (await client()).createSender(target));
        lanes.set(target, lane);
      }
      await lane.send(messages);
    },
  };
}

/** Makes it at the first call and keeps it; a failure is not kept. */
function onceItWorks<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** One topic or queue. */
class Lane {
  readonly #sender: () => Promise<ServiceBusSender>;
  #waiting: Waiting[] = [];
  #underWay = false;

  constructor(open: () => Promise<ServiceBusSender>) {
    this.#sender = onceItWorks(open);
  }

  async send(messages: readonly OutgoingMessage[]): Promise<void> {
    const sent = new Promise<void>((resolve, reject) => this.#waiting.push({ messages, resolve, reject }));
    if (!this.#underWay) void this.#sendWaiting();
    await sent;
  }

  async #sendWaiting(): Promise<void> {
    this.#underWay = true;
    while (this.#waiting.length > 0) await this.#sendGroup(this.#waiting.splice(0));
    this.#underWay = false;
  }

  async #sendGroup(group: readonly Waiting[]): Promise<void> {
    try {
      const messages = group.flatMap((waiting) => waiting.messages);
      await sendAll(await this.#sender(), messages);
      for (const { resolve } of group) resolve();
    } catch (error) {
      const fault = translate(error);
      if (fault instanceof PermanentFault && group.length > 1) {
        // One message cannot be sent, and only its own caller may be told so. What had arrived is dropped as a repeat.
        for (const waiting of group) await this.#sendGroup([waiting]);
        return;
      }
      for (const { reject } of group) reject(fault);
    }
  }
}

/** A batch takes what fits; a refused message starts the next one, and is never left out. */
async function sendAll(sender: ServiceBusSender, messages: readonly OutgoingMessage[]): Promise<void> {
  if (messages.length === 1 && messages[0] !== undefined)
    return await sender.sendMessages(onTheWire(messages[0]));
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    const wired = onTheWire(message);
    if (batch.tryAddMessage(wired)) continue;
    await sendBatch(sender, batch);
    batch = await sender.createMessageBatch();
    if (!batch.tryAddMessage(wired)) {
      throw new PermanentFault("MessageTooLarge", `Message ${message.messageId} does not fit into a batch`);
    }
  }
  await sendBatch(sender, batch);
}

async function sendBatch(sender: ServiceBusSender, batch: ServiceBusMessageBatch): Promise<void> {
  if (batch.count > 0) await sender.sendMessages(batch);
}

const onTheWire = (message: OutgoingMessage): ServiceBusMessage => ({
  body: message.body,
  messageId: message.messageId,
  subject: message.subject,
  correlationId: message.correlationId,
  contentType: "application/cloudevents+json",
  ...(message.properties === undefined ? {} : { applicationProperties: { ...message.properties } }),
  ...(message.notBeforeMs === undefined ? {} : { scheduledEnqueueTimeUtc: new Date(message.notBeforeMs) }),
});

/** Every send may be repeated, because duplicate detection drops what had arrived; so nearly all is transient. */
function translate(error: unknown): Error {
  if (error instanceof PermanentFault) return error;
  // core-amqp reports the end of its own retries as an AggregateError without a message of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const message = first instanceof Error ? first.message : String(first);
  const code = first instanceof Error && "code" in first ? String(first.code) : "";
  if (code === "MessageSizeExceeded") return new PermanentFault("MessageTooLarge", message, error);
  return new TransientFault(`Service Bus did not take the messages: ${code} ${message}`, {
    cause: error,
    unknownOutcome: true,
  });
}
