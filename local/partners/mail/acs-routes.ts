import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Desk, Served } from "../desk.ts";
import { errorAnswer, readJson, toHttp } from "../http/answers.ts";
import type { Answer, Call, Route } from "../http/router.ts";
import type { CallFacts } from "../ledger.ts";
import type { Mailbox } from "./mailbox.ts";
import { areSuppressed, statusOf, type MailOperation, type MailOperations } from "./operations.ts";
import { isSigned } from "./signature.ts";

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const API_VERSIONS = ["2023-03-31", "2024-07-01-preview", "2025-01-15-preview", "2025-09-01"];
const RETRY_AFTER = { "retry-after": "1" };

const address = z.looseObject({ address: z.string(), displayName: z.string().optional() });
const EmailMessage = z.strictObject({
  headers: z.record(z.string(), z.string()).optional(),
  senderAddress: z.string().min(1),
  content: z.strictObject({
    subject: z.string(),
    plainText: z.string().optional(),
    html: z.string().optional(),
  }),
  recipients: z.strictObject({
    to: z.array(address).min(1),
    cc: z.array(address).optional(),
    bcc: z.array(address).optional(),
  }),
  replyTo: z.array(address).optional(),
  userEngagementTrackingDisabled: z.boolean().optional(),
});
type EmailMessage = z.infer<typeof EmailMessage>;

export interface AcsMail {
  readonly desk: Desk;
  readonly mailbox: Mailbox;
  readonly operations: MailOperations;
  /** Base64, as in a connection string. */
  readonly accessKey: string;
}

/**
 * Azure Communication Services Email as `@azure/communication-email` 1.1.0 calls it: send answers 202 with an operation
 * to look at; the same Operation-Id again is the same operation and no second mail. Attachments are refused.
 */
export function acsRoutes(acs: AcsMail): Route[] {
  return [
    {
      method: "POST",
      path: "/emails:send",
      handle: (call) => {
        const id = String(call.headers["operation-id"] ?? randomUUID());
        return serve(acs, call, sendFacts(call, id), () => send(acs, call, id));
      },
    },
    {
      method: "GET",
      path: "/emails/operations/:id",
      handle: (call) => {
        const id = call.params["id"] ?? "";
        const orderId = acs.operations.find(id)?.orderId ?? null;
        const facts = { kind: "find", key: id, orderId, details: { operationId: id } };
        return serve(acs, call, facts, () => look(acs, id));
      },
    },
  ];
}

async function serve(
  acs: AcsMail,
  call: Call,
  facts: CallFacts,
  work: () => Served<Answer>,
): Promise<Answer> {
  const result = await acs.desk.serve<Answer>("mail", facts, () => {
    if (!isSigned(call, acs.accessKey)) {
      return refused("unauthorised", errorAnswer(401, "Denied", "Denied by the resource provider."));
    }
    const version = call.query.get("api-version") ?? "";
    if (API_VERSIONS.includes(version)) return work();
    const message = `api-version '${version}' is not known; known are ${API_VERSIONS.join(", ")}.`;
    return refused("bad-request", errorAnswer(400, "InvalidApiVersion", message, "api-version"));
  });
  return withErrorCode(toHttp(result));
}

function send(acs: AcsMail, call: Call, id: string): Served<Answer> {
  if (!UUID.test(id)) {
    return refused(
      "bad-request",
      errorAnswer(400, "BadRequest", "Operation-Id is not a UUID.", "Operation-Id"),
    );
  }
  const read = readJson(EmailMessage, call.body);
  if (!read.ok) return refused("bad-request", read.answer);
  const fault = faultOf(read.value);
  if (fault !== undefined) return refused("bad-request", fault);
  const nowMs = acs.desk.clock.now();
  const known = acs.operations.find(id);
  if (known !== undefined) {
    return { outcome: "repeated", effect: false, answer: accepted(call, known, nowMs) };
  }
  const operation = takeIn(acs, id, read.value, nowMs);
  const outcome = operation.suppressed ? "suppressed" : "accepted";
  return { outcome, effect: !operation.suppressed, answer: accepted(call, operation, nowMs) };
}

function takeIn(acs: AcsMail, id: string, message: EmailMessage, nowMs: number): MailOperation {
  const recipients = addressesOf(message);
  const { template, orderId } = marksOf(message.headers ?? {});
  const suppressed = areSuppressed(recipients);
  const operation = { id, startedAtMs: nowMs, suppressed, template, orderId };
  acs.operations.add(operation);
  if (suppressed) return operation;
  const { subject, plainText = "", html = "" } = message.content;
  acs.mailbox.add({
    id,
    receivedAt: new Date(nowMs).toISOString(),
    via: "acs",
    from: message.senderAddress,
    to: recipients,
    subject,
    template,
    orderId,
    text: plainText,
    html,
  });
  return operation;
}

function accepted(call: Call, operation: MailOperation, nowMs: number): Answer {
  const path = `/emails/operations/${operation.id}?api-version=${call.query.get("api-version") ?? ""}`;
  const headers = { ...RETRY_AFTER, "operation-location": `http://${call.headers.host ?? ""}${path}` };
  return { status: 202, headers, body: statusOf(operation, nowMs) };
}

function look(acs: AcsMail, id: string): Served<Answer> {
  const operation = acs.operations.find(id);
  if (operation === undefined) {
    return refused(
      "unknown-operation",
      errorAnswer(404, "NotFound", "There is no such operation.", "operationId"),
    );
  }
  const body = statusOf(operation, acs.desk.clock.now());
  const headers = body.status === "Running" ? RETRY_AFTER : {};
  return { outcome: body.status.toLowerCase(), effect: false, answer: { status: 200, headers, body } };
}

function faultOf({ content, ...message }: EmailMessage): Answer | undefined {
  if (content.plainText === undefined && content.html === undefined) {
    return errorAnswer(400, "BadRequest", "Either html or plainText is needed.", "content");
  }
  const wrong = addressesOf(message).find((to) => !z.email().safeParse(to).success);
  if (wrong === undefined) return undefined;
  return errorAnswer(400, "InvalidEmailAddress", "A recipient's address is not valid.", "recipients");
}

function addressesOf({ recipients: { to, cc = [], bcc = [] } }: Pick<EmailMessage, "recipients">): string[] {
  return [...to, ...cc, ...bcc].map((recipient) => recipient.address);
}

/** The app's own headers, by which machines tell its mails apart. */
export function marksOf(headers: Readonly<Record<string, string>>): {
  readonly template: string | null;
  readonly orderId: string | null;
} {
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    template: lower.get("x-expedite-template") ?? null,
    orderId: lower.get("x-expedite-order") ?? null,
  };
}

function sendFacts(call: Call, operationId: string): CallFacts {
  const loose = z.looseObject({
    headers: z.record(z.string(), z.string()).optional(),
    recipients: z.looseObject({ to: z.array(address) }).optional(),
  });
  const read = readJson(loose, call.body);
  const message = read.ok ? read.value : undefined;
  const { template, orderId } = marksOf(message?.headers ?? {});
  const to = (message?.recipients?.to ?? []).map((recipient) => recipient.address).join(", ");
  return { kind: template ?? "unknown", orderId, key: operationId, details: { to, operationId } };
}

function refused(outcome: string, answer: Answer): Served<Answer> {
  return { outcome, effect: false, answer };
}

/** Azure repeats the code of an error in a header. */
function withErrorCode(answer: Answer): Answer {
  if (answer === "drop" || answer.status < 400) return answer;
  const shape = z.object({ error: z.object({ code: z.string() }) }).safeParse(answer.body);
  const code = shape.success ? shape.data.error.code : "Unknown";
  return { ...answer, headers: { ...answer.headers, "x-ms-error-code": code } };
}
