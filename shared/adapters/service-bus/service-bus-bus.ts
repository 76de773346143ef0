import type {
  ServiceBusClient,
  ServiceBusMessage,
  ServiceBusMessageBatch,
  ServiceBusSender,
} from "@azure/service-bus";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";
import { type Connection, SharedConnection } from "./connection.ts";

/** For each call of the client, connecting included; some of its own time-outs are a minute. */
const CALL_TAKES_AT_MOST_MS = 10_000;

interface Waiting {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Sends through Azure's client. Calls for one target that arrive while a batch is under way leave together in the next
 * one. `connect` is called at the first send, so that the client costs nothing at start; all targets share its
 * connection. A send that fails is tried once more on a connection of its own making: see `SharedConnection`.
 */
export function createServiceBusBus(
  connect: () => Promise<ServiceBusClient>,
  { callTakesAtMostMs = CALL_TAKES_AT_MOST_MS }: { readonly callTakesAtMostMs?: number } = {},
): Bus {
  const connection = new SharedConnection(connect);
  const lanes = new Map<string, Lane>();
  return {
    async send(target, messages) {
      if (messages.length === 0) return;
      let lane = lanes.get(target);
      if (lane === undefined) {
        lane = new Lane(target, connection, callTakesAtMostMs);
        lanes.set(target, lane);
      }
      await lane.send(messages);
    },
  };
}

/** One topic or queue. */
class Lane {
  readonly #target: string;
  readonly #shared: SharedConnection;
  readonly #callTakesAtMostMs: number;
  #waiting: Waiting[] = [];
  #underWay = false;

  constructor(target: string, shared: SharedConnection, callTakesAtMostMs: number) {
    this.#target = target;
    this.#shared = shared;
    this.#callTakesAtMostMs = callTakesAtMostMs;
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
      await this.#deliver(messages);
      for (const { resolve } of group) resolve();
    } catch (fault) {
      if (fault instanceof PermanentFault && group.length > 1) {
        // One message cannot be sent, and only its own caller may be told so. What had arrived is dropped as a repeat.
        for (const waiting of group) await this.#sendGroup([waiting]);
        return;
      }
      for (const { reject } of group) reject(fault);
    }
  }

  async #deliver(messages: readonly OutgoingMessage[]): Promise<void> {
    const connection = await this.#connected();
    try {
      await this.#sendOn(connection, messages);
    } catch (fault) {
      if (fault instanceof PermanentFault) throw fault;
      await this.#sendOn(await this.#connected(), messages);
    }
  }

  async #connected(): Promise<Connection> {
    try {
      return await this.#shared.get();
    } catch (error) {
      throw translate(error);
    }
  }

  async #sendOn(connection: Connection, messages: readonly OutgoingMessage[]): Promise<void> {
    try {
      await sendAll(connection.senderTo(this.#target), messages, this.#callTakesAtMostMs);
    } catch (error) {
      const fault = translate(error);
      if (!(fault instanceof PermanentFault)) this.#shared.giveUp(connection);
      throw fault;
    }
  }
}

/** A batch takes what fits; a refused message starts the next one, and is never left out. */
async function sendAll(
  sender: ServiceBusSender,
  messages: readonly OutgoingMessage[],
  callTakesAtMostMs: number,
): Promise<void> {
  const inTime = <T>(call: Promise<T>): Promise<T> => within(callTakesAtMostMs, call);
  const sendBatch = async (full: ServiceBusMessageBatch): Promise<void> => {
    if (full.count > 0) await inTime(sender.sendMessages(full));
  };
  if (messages.length === 1 && messages[0] !== undefined)
    return await inTime(sender.sendMessages(onTheWire(messages[0])));
  let batch = await inTime(sender.createMessageBatch());
  for (const message of messages) {
    const wired = onTheWire(message);
    if (batch.tryAddMessage(wired)) continue;
    await sendBatch(batch);
    batch = await inTime(sender.createMessageBatch());
    if (!batch.tryAddMessage(wired)) {
      throw new PermanentFault("MessageTooLarge", `Message ${message.messageId} does not fit into a batch`);
    }
  }
  await sendBatch(batch);
}

async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([call, late.promise]);
  } finally {
    clearTimeout(timer);
  }
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
