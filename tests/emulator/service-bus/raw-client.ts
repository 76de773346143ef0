import { createHmac } from "node:crypto";
import { createRequire } from "node:module";
import { onTestFinished } from "vitest";
import { KEY } from "./keys.ts";

/** The parts of rhea's client side that the tests need, to do on purpose what Azure's client does by chance. */
interface Context {
  readonly message: { readonly body: unknown; readonly application_properties: Record<string, unknown> };
  readonly delivery: {
    accept(): void;
    readonly remote_state?: { readonly error?: { readonly condition: string } };
  };
}
interface Link {
  once(event: string, handler: (context: Context) => void): void;
  on(event: string, handler: (context: Context) => void): void;
  off(event: string, handler: (context: Context) => void): void;
}
export interface RawReceiver extends Link {
  readonly connection: { readonly socket: { pause(): void; resume(): void } };
  add_credit(credit: number): void;
  drain_credit(): void;
  drain: boolean;
  readonly error?: { readonly condition: string };
}
interface RawSender extends Link {
  readonly local: { readonly attach: { target: unknown } };
  readonly error?: { readonly condition: string; readonly description: string };
  send(message: object, tag?: Buffer, format?: number): void;
}
/** Writes numbers in the AMQP types that are asked for. */
export interface Wrap {
  wrap_int(value: number): unknown;
  wrap_long(value: number): unknown;
  wrap_timestamp(value: number): unknown;
  wrap_ulong(value: number): unknown;
  wrap_list(value: readonly unknown[]): unknown;
  described(descriptor: unknown, value: unknown): unknown;
}
interface Connection {
  open_receiver(options: object): RawReceiver;
  open_sender(options: object): RawSender;
  close(): void;
}

interface Rhea {
  readonly types: Wrap;
  create_container(): { connect(options: object): Connection };
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what the interfaces above name is used
const rhea = createRequire(import.meta.url)("rhea") as Rhea;

const event = (link: Link, name: string): Promise<Context> =>
  new Promise((resolve) => link.once(name, resolve));

/** A receiver without any credit, opened the way Azure's client opens its own. */
export async function rawReceiver(
  port: number,
  entity: string,
  { tokenLastsMs = 600_000 } = {},
): Promise<RawReceiver> {
  const connection = rhea.create_container().connect({ port, username: KEY.name, reconnect: false });
  onTestFinished(() => connection.close());
  await authorise(connection, `sb://localhost:${port}/${entity}`, tokenLastsMs);
  const receiver = connection.open_receiver({
    source: entity,
    autoaccept: false,
    autosettle: false,
    credit_window: 0,
    snd_settle_mode: 0,
    rcv_settle_mode: 1,
  });
  await event(receiver, "receiver_open");
  return receiver;
}

/** How the broker refuses a link to a transaction coordinator, which Azure's client never opens but others do. */
export async function rawCoordinator(port: number): Promise<unknown> {
  const connection = rhea.create_container().connect({ port, username: KEY.name, reconnect: false });
  onTestFinished(() => connection.close());
  const sender = connection.open_sender({ target: "replaced below" });
  const { types } = rhea;
  sender.local.attach.target = types.described(types.wrap_ulong(0x30), types.wrap_list([]));
  await event(sender, "sender_error");
  return { condition: sender.error?.condition, description: sender.error?.description };
}

/** Sends any bytes as a message; the answer is "accepted" or the condition of the rejection. */
export async function rawSendBytes(
  port: number,
  entity: string,
): Promise<(bytes: Buffer, format: number) => Promise<string>> {
  const connection = rhea.create_container().connect({ port, username: KEY.name, reconnect: false });
  onTestFinished(() => connection.close());
  await authorise(connection, `sb://localhost:${port}/${entity}`, 600_000);
  const sender = connection.open_sender({ target: entity });
  await event(sender, "sendable");
  let tag = 0;
  return (bytes, format) =>
    new Promise((resolve) => {
      const accepted = (): void => done("accepted");
      const rejected = ({ delivery }: Context): void =>
        done(delivery.remote_state?.error?.condition ?? "rejected");
      const done = (outcome: string): void => {
        sender.off("accepted", accepted);
        sender.off("rejected", rejected);
        resolve(outcome);
      };
      sender.on("accepted", accepted);
      sender.on("rejected", rejected);
      sender.send(bytes, Buffer.from(`t-${tag++}`), format);
    });
}

/** One management request and its reply. */
export async function rawRequest(
  port: number,
  entity: string,
  operation: string,
  body: (wrap: Wrap) => object,
): Promise<{ status: unknown; body: unknown }> {
  const connection = rhea.create_container().connect({ port, username: KEY.name, reconnect: false });
  onTestFinished(() => connection.close());
  await authorise(connection, `sb://localhost:${port}/${entity}/$management`, 600_000);
  const address = `${entity}/$management`;
  const replies = connection.open_receiver({ name: "replies", source: address, target: "replies" });
  const requests = connection.open_sender({ target: address });
  await Promise.all([event(replies, "receiver_open"), event(requests, "sendable")]);
  const answered = event(replies, "message");
  requests.send({
    message_id: "request",
    reply_to: "replies",
    application_properties: { operation },
    body: body(rhea.types),
  });
  const { message } = await answered;
  connection.close();
  return { status: message.application_properties["statusCode"], body: message.body };
}

async function authorise(connection: Connection, audience: string, tokenLastsMs: number): Promise<void> {
  const replies = connection.open_receiver({ name: "cbs-1", source: "$cbs" });
  const requests = connection.open_sender({ target: "$cbs" });
  await Promise.all([event(replies, "receiver_open"), event(requests, "sendable")]);
  const expiry = Math.ceil((Date.now() + tokenLastsMs) / 1000);
  const resource = encodeURIComponent(audience);
  const signature = createHmac("sha256", KEY.key).update(`${resource}\n${expiry}`).digest("base64");
  const answered = event(replies, "message");
  requests.send({
    message_id: "token",
    reply_to: "cbs-1",
    application_properties: {
      operation: "put-token",
      name: audience,
      type: "servicebus.windows.net:sastoken",
    },
    body: `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${KEY.name}`,
  });
  const { message } = await answered;
  if (message.application_properties["status-code"] !== 202) throw new Error("the token was refused");
}
