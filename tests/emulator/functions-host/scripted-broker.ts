import type { Server, Socket } from "node:net";
import rhea, { type Connection, type EventContext, type Message, type Sender, type Typed } from "rhea";
import { onTestFinished } from "vitest";

/** What one disposition frame of the client covered. */
export interface Settled {
  readonly messageId: string;
  readonly outcome: "accepted" | "modified" | "rejected";
}

/**
 * Just enough of a Service Bus for one receiver link: hands out what the test gives it, takes note of every
 * outcome, renews locks on request. It stores nothing and never redelivers.
 */
export interface ScriptedBroker {
  readonly connectionString: string;
  readonly settled: readonly Settled[];
  /** How often a lock was renewed. */
  readonly renewals: readonly string[];
  /** Sends all of `messages` at once, as soon as a receiver is there. */
  deliver(messages: readonly Message[]): Promise<void>;
  /** From now on takes note of outcomes, and does not answer them. */
  fallSilent(): void;
  /** How many more messages the receiver asks for. */
  credit(): Promise<number>;
  /** Cuts all connections and listens no more; `restart` listens again on the same port. */
  kill(): Promise<void>;
  restart(): Promise<void>;
}

const LOCK_MS = 30_000;

/** Whatever the client asked for, a broker that did it answers "accepted". rhea's types leave this one out. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as said above
const { accepted } = rhea.message as unknown as { accepted(this: void): { described(): Typed } };
/** Hidden by rhea's types; cutting it is what a killed broker looks like. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as said above
const socketOf = (connection: Connection): Socket => (connection as unknown as { socket: Socket }).socket;

/** Hidden by rhea's types. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as said above
const creditOf = (sender: Sender): number => (sender as unknown as { credit: number }).credit;

const OUTCOMES = ["accepted", "modified", "rejected"] as const;

export async function useScriptedBroker(now: () => number = Date.now): Promise<ScriptedBroker> {
  const settled: Settled[] = [];
  const renewals: string[] = [];
  const replies = new Map<string, Sender>();
  const connections = new Set<Connection>();
  const container = rhea.create_container({ autoaccept: true, autosettle: false });
  let link = Promise.withResolvers<Sender>();
  let server: Server | undefined;
  let port = 0;
  let tag = 0;
  let silent = false;

  const reply = (request: Message, answer: Message): void => {
    replies.get(String(request.reply_to))?.send({ correlation_id: String(request.message_id), ...answer });
  };
  container.on("connection_open", ({ connection }) => connections.add(connection));
  container.on("sender_open", ({ sender }: EventContext) => {
    if (sender === undefined) return;
    const { address } = sender.source;
    sender.set_source({ address });
    if (address === "$cbs") replies.set(sender.name, sender);
    else if (address.endsWith("/$management")) replies.set(sender.target.address, sender);
    else link.resolve(sender);
  });
  container.on("sender_draining", ({ sender }: EventContext) => sender?.set_drained(true));
  container.on("message", ({ message }: EventContext) => {
    if (message === undefined) return;
    const operation: unknown = message.application_properties?.["operation"];
    if (operation === "put-token") {
      reply(message, {
        body: undefined,
        application_properties: { "status-code": 202, "status-description": "Accepted" },
      });
    } else if (operation === "com.microsoft:renew-lock") {
      renewals.push(new Date(now()).toISOString());
      const expirations = rhea.types.wrap_array([now() + LOCK_MS], 0x83, undefined);
      const application_properties = { statusCode: 200, statusDescription: "OK" };
      reply(message, { body: { expirations }, application_properties });
    }
  });
  for (const outcome of OUTCOMES) {
    container.on(outcome, ({ delivery }: EventContext) => {
      if (delivery === undefined) return;
      const messageId = sent.get(delivery.tag.toString("hex"));
      if (messageId !== undefined) settled.push({ messageId, outcome });
      if (!silent) delivery.update(true, accepted().described());
    });
  }
  const sent = new Map<string, string>();

  const listen = (): Promise<void> =>
    new Promise((resolve) => {
      server = container.listen({ port, host: "127.0.0.1" });
      server.on("listening", () => {
        const address = server?.address();
        if (typeof address === "object" && address !== null) port = address.port;
        resolve();
      });
    });
  const kill = async (): Promise<void> => {
    link = Promise.withResolvers();
    const closed = new Promise((resolve) => server?.close(resolve));
    for (const connection of connections) socketOf(connection).destroy();
    connections.clear();
    await closed;
  };
  await listen();
  onTestFinished(kill);
  return {
    get connectionString() {
      return `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=k;SharedAccessKey=a2V5;UseDevelopmentEmulator=true`;
    },
    settled,
    renewals,
    async deliver(messages) {
      const sender = await link.promise;
      for (const message of messages) {
        const lockToken = Buffer.alloc(16);
        lockToken.writeUInt32BE((tag += 1), 12);
        sent.set(lockToken.toString("hex"), String(message.message_id));
        const message_annotations = {
          "x-opt-locked-until": rhea.types.wrap_timestamp(now() + LOCK_MS),
          "x-opt-enqueued-time": rhea.types.wrap_timestamp(now()),
          "x-opt-sequence-number": rhea.types.wrap_long(tag),
        };
        sender.send({ delivery_count: 0, message_annotations, ...message }, lockToken);
      }
    },
    fallSilent: () => {
      silent = true;
    },
    credit: async () => creditOf(await link.promise),
    kill,
    restart: () => {
      silent = false;
      return listen();
    },
  };
}

/** A message with a JSON body as the client would send it. */
export const jsonMessage = (messageId: string, body: unknown, more: Partial<Message> = {}): Message => ({
  message_id: messageId,
  body: rhea.message.data_section(Buffer.from(JSON.stringify(body))),
  ...more,
});
