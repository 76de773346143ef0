import type { Transporter } from "nodemailer";
import type { Mailer } from "#shared/ports/mailer.ts";
import { smtpFault } from "./smtp-faults.ts";

const DEFAULT_TIMEOUT_MS = 15_000;

export interface SmtpMailerOptions {
  /** `smtp://user:password@host:port`, or `smtps:` for TLS from the start. */
  readonly url: string;
  /** 15 s when not given. */
  readonly timeoutMs?: number;
}

/**
 * Any SMTP server. It keeps no operations: whoever sends a mail again, because the outcome of the first attempt is unknown,
 * may cause a second one. The Message-ID is made of the operation id, so that mailboxes may recognise the repeat.
 *
 * | outcome | class |
 * |---|---|
 * | no connection, no answer, other 4xx | transient |
 * | 421, 450, 451, 452 | throttled: every mail waits |
 * | 530, 534, 535 (login refused); 5xx to the connection itself | dependency down: all mails are refused, not this one |
 * | 550, 553 and other 5xx | permanent, `MailRefused` |
 */
export function createSmtpMailer(options: SmtpMailerOptions): Mailer & { close(): Promise<void> } {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let transport: Promise<Transporter> | undefined;
  const connect = async (): Promise<Transporter> =>
    (await import("./connect-smtp.ts")).connectSmtp(options.url, timeoutMs);
  const getTransport = (): Promise<Transporter> => (transport ??= connect());
  return {
    provider: "smtp",
    keepsOperations: false,
    async send({ operationId, from, to, subject, text, html, headers }) {
      const messageId = `<${operationId}@${domainOf(from)}>`;
      const mail = { messageId, from, to, subject, text, html, headers: { ...headers } };
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        await (await getTransport()).sendMail({ ...mail, signal });
      } catch (error) {
        throw smtpFault(error);
      }
    },
    outcome: () => Promise.resolve("unknown"),
    async close() {
      if (transport !== undefined) (await transport).close();
    },
  };
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1);
}
