import { z } from "zod";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { faultOfStatus, retryAfterMs } from "../http/faults.ts";

const PARTNER = "Mail";
const NOT_FOUND = 404;
const CONFLICT = 409;

/** Without a connection nothing can have been read. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** What is looked at of a RestError; `instanceof` fails where a package exists twice. */
const RestError = z.object({
  name: z.literal("RestError"),
  message: z.string(),
  code: z.string().optional(),
  statusCode: z.number().optional(),
  details: z
    .object({ error: z.object({ code: z.string() }).optional() })
    .optional()
    .catch(undefined),
  response: z.object({ headers: z.custom<{ get(name: string): string | undefined }>() }).optional(),
});

/** Whether the service answered 404: it has never heard of the operation. */
export function isNotFound(fault: unknown): boolean {
  const isFault = fault instanceof PermanentFault || fault instanceof TransientFault;
  const parsed = RestError.safeParse(isFault ? fault.cause : undefined);
  return parsed.data?.statusCode === NOT_FOUND;
}

/** Translates what the client throws; what it doesn't recognise is passed on as a bug. */
export function acsFault(error: unknown, timeoutMs: number): unknown {
  if (error instanceof Error && error.name === "AbortError") {
    const description = `${PARTNER} gave no answer within ${timeoutMs} ms`;
    return new TransientFault(description, { unknownOutcome: true, cause: error });
  }
  const parsed = RestError.safeParse(error);
  if (!parsed.success) return error;
  const { statusCode: status, code, message, details, response } = parsed.data;
  if (status === undefined) {
    const unknownOutcome = !NOT_CONNECTED.has(code ?? "");
    return new TransientFault(`${PARTNER}: ${message}`, { unknownOutcome, cause: error });
  }
  if (status === CONFLICT) return new TransientFault(`${PARTNER} answered 409`, { cause: error });
  return faultOfStatus({
    partner: PARTNER,
    status,
    code: details?.error?.code ?? code,
    retryAfterMs: retryAfterMs(response?.headers.get("retry-after"), Date.now()),
    cause: error,
  });
}
