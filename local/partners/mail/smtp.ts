import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import type { SMTPServerDataStream, SMTPServerSession } from "smtp-server";
import type { RunningPart } from "../../part.ts";
import type { Desk, Result } from "../desk.ts";
import { portOf } from "../http/server.ts";
import { sameSecret } from "../secrets.ts";
import { marksOf } from "./acs-routes.ts";
import type { Mailbox } from "./mailbox.ts";
import { parseMail } from "./mime.ts";
import { areSuppressed } from "./operations.ts";

const MAX_MAIL_BYTES = 10 * 1024 * 1024;
/** What is left of a connection after the server was told to close. */
const CLOSE_TIMEOUT_MS = 200;

export interface SmtpOptions {
  readonly desk: Desk;
  readonly mailbox: Mailbox;
  /** The password, should a client log in; it need not. */
  readonly password: string;
  readonly port: number;
  readonly log: (event: string, facts?: Readonly<Record<string, unknown>>) => void;
}

/** SMTP keeps no operations: every mail that is taken counts, also one that came before. */
export async function startSmtp(options: SmtpOptions): Promise<RunningPart & { readonly port: number }> {
  // A heavy import that most runs of the other partners don't need at once.
  const { SMTPServer } = await import("smtp-server");
  const sockets = new Map<number, Socket>();
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ["STARTTLS"],
    disableReverseLookup: true,
    size: MAX_MAIL_BYTES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    onAuth({ username, password }, _session, done) {
      if (sameSecret(password ?? "", options.password)) return done(null, { user: username ?? "" });
      return done(replyError(535, "5.7.8 Authentication failed"));
    },
    onData(stream, session, done) {
      const drop = (): void => void sockets.get(session.remotePort)?.destroy();
      void receive(options, stream, session).then(
        (result) => reply(result, done, drop),
        // Whoever sent it hung up in the middle.
        () => drop(),
      );
    },
  });
  server.on("error", () => undefined); // connections that clients tear down
  const listener = server.listen(options.port, "127.0.0.1");
  listener.on("connection", (socket: Socket) => {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    sockets.set(remotePort, socket);
    socket.once("close", () => sockets.delete(remotePort));
  });
  await once(listener, "listening");
  return {
    port: portOf(listener),
    stop: () => {
      for (const socket of sockets.values()) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function receive(
  options: SmtpOptions,
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  if (stream.sizeExceeded) return "too-large";
  try {
    return await takeIn(options, Buffer.concat(chunks), session);
  } catch (error) {
    options.log("partners.smtp-failed", { error: String(error) });
    return { kind: "refused", status: 500 };
  }
}

function takeIn(
  { desk, mailbox }: SmtpOptions,
  raw: Buffer,
  session: SMTPServerSession,
): Promise<Result<SmtpAnswer>> {
  const { headers, text, html } = parseMail(raw);
  const { template, orderId } = marksOf(headers);
  const to = session.envelope.rcptTo.map((recipient) => recipient.address);
  const key = headers["message-id"] ?? null;
  const facts = { kind: template ?? "unknown", orderId, key, details: { to: to.join(", "), via: "smtp" } };
  return desk.serve<SmtpAnswer>("mail", facts, () => {
    if (areSuppressed(to)) return { outcome: "suppressed", effect: false, answer: "suppressed" };
    const receivedAt = new Date(desk.clock.now()).toISOString();
    const { mailFrom } = session.envelope;
    const from = mailFrom === false ? "" : mailFrom.address;
    const subject = headers["subject"] ?? "";
    mailbox.add({
      id: randomUUID(),
      receivedAt,
      via: "smtp",
      from,
      to,
      subject,
      template,
      orderId,
      text,
      html,
    });
    return { outcome: "accepted", effect: true, answer: "taken" };
  });
}

type SmtpAnswer = "taken" | "suppressed";
type Received = Result<SmtpAnswer> | "too-large";

function reply(
  result: Received,
  done: (error?: Error | null, message?: string) => void,
  drop: () => void,
): void {
  if (result === "too-large") return done(replyError(552, "5.3.4 Message too big"));
  if (result.kind === "dropped") return drop();
  if (result.kind === "answered") {
    if (result.answer === "taken") return done(null, "2.0.0 Taken");
    return done(replyError(550, "5.1.1 The recipient takes no mail"));
  }
  if (result.status === 429) return done(replyError(450, "4.7.1 Too many mails, try again later"));
  if (result.status === 503) return done(replyError(421, "4.3.2 Not available, closing"));
  return done(replyError(451, "4.3.0 Try again later"));
}

function replyError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
