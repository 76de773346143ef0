import { z } from "zod";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";

/** Login refused: the password is wrong for every mail alike. */
const LOGIN_REFUSED: ReadonlySet<number> = new Set([530, 534, 535]);
/** Before any mail is spoken of: a refusal here is meant for us, not for this mail. */
const BEFORE_ANY_MAIL: ReadonlySet<string> = new Set(["CONN", "EHLO", "HELO", "STARTTLS"]);
/** Failures of nodemailer that happen before a mail can have been read. */
const BEFORE_THE_MAIL: ReadonlySet<string> = new Set(["EDNS", "ETLS", "EAUTH", "ENOAUTH"]);
const WITHOUT_REPLY: ReadonlySet<string> = new Set(["ECONNECTION", "ESOCKET", "ETIMEDOUT", "EABORT"]);

/** What is looked at of a nodemailer error. */
const SmtpError = z.object({
  message: z.string(),
  code: z.string(),
  command: z.string().optional(),
  syscall: z.string().optional(),
  timeoutType: z.string().optional(),
  responseCode: z.number().optional(),
});

/** Translates what nodemailer throws; what it doesn't recognise is passed on as a bug. */
export function smtpFault(error: unknown): unknown {
  const parsed = SmtpError.safeParse(error);
  if (!parsed.success) return error;
  const { code, responseCode, command } = parsed.data;
  if (responseCode !== undefined) {
    const description = `Mail server answered ${responseCode}${command === undefined ? "" : ` to ${command}`}`;
    // 503 says that the session, not the mail, was in the wrong state.
    const kind = kindOf(responseCode, command);
    const transient = responseCode < 500 || responseCode === 503 || kind === "dependency-down";
    return transient
      ? new TransientFault(description, { cause: error, kind })
      : new PermanentFault("MailRefused", description, error);
  }
  if (!WITHOUT_REPLY.has(code) && !BEFORE_THE_MAIL.has(code)) return error;
  return new TransientFault(`Mail server: ${parsed.data.message}`, {
    unknownOutcome: mayHaveBeenRead(parsed.data),
    cause: error,
  });
}

function kindOf(
  responseCode: number,
  command: string | undefined,
): "throttled" | "dependency-down" | "transient" {
  const isMeantForUs = responseCode >= 500 && BEFORE_ANY_MAIL.has(command?.split(" ")[0] ?? "");
  if (isMeantForUs || LOGIN_REFUSED.has(responseCode)) return "dependency-down";
  return responseCode === 421 || (responseCode >= 450 && responseCode < 460) ? "throttled" : "transient";
}

/** Nodemailer doesn't say how far the mail got; so this errs towards "it may have been read". */
function mayHaveBeenRead({ code, syscall, timeoutType }: z.infer<typeof SmtpError>): boolean {
  const neverConnected = syscall === "connect" || timeoutType === "CONNECT_TIMEOUT";
  return !BEFORE_THE_MAIL.has(code) && !neverConnected && timeoutType !== "GREETING_TIMEOUT";
}
