import type { EmailClient, EmailMessage } from "@azure/communication-email";
import type { TokenCredential } from "@azure/identity";
import type { Mail, Mailer, MailOutcome } from "#shared/ports/mailer.ts";
import { PermanentFault } from "#shared/ports/faults.ts";
import { acsFault, isNotFound } from "./acs-faults.ts";

const DEFAULT_TIMEOUT_MS = 15_000;

export type AcsMailerOptions = {
  /** 15 s when not given. */
  readonly timeoutMs?: number;
} & (
  | { readonly connectionString: string }
  /** Without a credential, the managed identity or whoever is signed in on this machine. */
  | { readonly endpoint: string; readonly credential?: TokenCredential }
);

/** What the service says of an operation, in the body of each answer. */
interface Operation {
  readonly status?: string;
  readonly error?: { readonly code?: string; readonly message?: string };
}

/**
 * Azure Communication Services Email through its genuine client.
 *
 * `send` is one call: it resolves once the service has accepted the operation (202), and doesn't wait for its end, which
 * may be minutes away. Sending again with the same operation id is the same operation; if that one has ended Failed
 * (all recipients suppressed, mail dropped), the repeat throws PermanentFault `MailFailed`, and `outcome` says so.
 *
 * | answer | class |
 * |---|---|
 * | no answer, 408, 425, 429, 5xx, 401, 403 | transient, throttled or dependency down, see `faultOfStatus` |
 * | 409 (the same operation is being accepted at this moment) | transient |
 * | operation Failed or Canceled, 400 (address or request refused), 413, other 4xx | permanent |
 */
export function createAcsMailer(options: AcsMailerOptions): Mailer {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  // The client takes 0.1 s to load, which the start of the app doesn't pay for.
  let client: Promise<EmailClient> | undefined;
  const getClient = (): Promise<EmailClient> => (client ??= connect(options));

  return {
    provider: "acs",
    keepsOperations: true,
    async send(mail) {
      const operation = await oneCall(await getClient(), timeoutMs, messageOf(mail), {
        operationId: mail.operationId,
      });
      if (hasFailed(operation.status ?? "")) throw failed(operation);
    },
    async outcome(operationId) {
      // The client has no call for the status of an operation, but it resumes one that it's told of.
      const operationLocation = `/emails/operations/${encodeURIComponent(operationId)}`;
      const config = { metadata: { mode: "OperationLocation" }, operationLocation };
      const resumeFrom = JSON.stringify({ state: { status: "running", config } });
      try {
        return outcomeOf(await oneCall(await getClient(), timeoutMs, NO_MESSAGE, { resumeFrom }));
      } catch (fault) {
        if (isNotFound(fault)) return "unknown";
        throw fault;
      }
    },
  };
}

/** A resumed operation sends no message, but the client's types ask for one. */
const NO_MESSAGE: EmailMessage = {
  senderAddress: "",
  content: { subject: "", plainText: "" },
  recipients: {},
};

async function connect(options: AcsMailerOptions): Promise<EmailClient> {
  const { EmailClient } = await import("@azure/communication-email");
  const address = "endpoint" in options ? options.endpoint : options.connectionString;
  const clientOptions = {
    retryOptions: { maxRetries: 0 },
    allowInsecureConnection: /^(endpoint=)?http:/i.test(address),
  };
  if ("connectionString" in options) return new EmailClient(options.connectionString, clientOptions);
  const credential = options.credential ?? (await signedIn());
  return new EmailClient(options.endpoint, credential, clientOptions);
}

async function signedIn(): Promise<TokenCredential> {
  const { DefaultAzureCredential } = await import("@azure/identity");
  return new DefaultAzureCredential();
}

/**
 * Makes the first call of `beginSend` and stops the client before its second: having sent, it would look at the
 * operation at once, when there is hardly anything to see, and count against the service's limits.
 */
async function oneCall(
  client: EmailClient,
  timeoutMs: number,
  message: EmailMessage,
  start: { readonly operationId: string } | { readonly resumeFrom: string },
): Promise<Operation> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let answered: Operation | undefined;
  try {
    await client.beginSend(message, {
      ...start,
      abortSignal: stop.signal,
      onResponse(response) {
        if (response.status >= 300) return;
        const body: Operation | null | undefined = response.parsedBody;
        answered = body ?? {};
        stop.abort();
      },
    });
  } catch (error) {
    if (answered === undefined) throw acsFault(error, timeoutMs);
  } finally {
    clearTimeout(timer);
  }
  return answered ?? {};
}

function messageOf(mail: Mail): EmailMessage {
  return {
    senderAddress: mail.from,
    recipients: { to: [{ address: mail.to.address, displayName: mail.to.name }] },
    content: { subject: mail.subject, plainText: mail.text, html: mail.html },
    headers: { ...mail.headers },
  };
}

const hasFailed = (status: string): boolean => /^(failed|cancell?ed)$/i.test(status);

function outcomeOf({ status = "" }: Operation): MailOutcome {
  if (status.toLowerCase() === "succeeded") return "sent";
  return hasFailed(status) ? "failed" : "under-way";
}

function failed({ status, error }: Operation): PermanentFault {
  const why = [error?.code, error?.message].filter((word) => word !== undefined).join(": ");
  return new PermanentFault("MailFailed", `The mail operation is ${status}${why === "" ? "" : ` (${why})`}`);
}
