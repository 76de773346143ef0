import type { z } from "zod";
import type { Result } from "../desk.ts";
import type { Answer, Reply } from "./router.ts";

/** The partners' own error shape; it is also that of Azure Communication Services. */
export function errorAnswer(status: number, code: string, message: string, target?: string): Reply {
  return { status, body: { error: { code, message, ...(target !== undefined && { target }) } } };
}

const CODES: Readonly<Record<number, string>> = { 429: "TooManyRequests", 503: "ServiceUnavailable" };

/** Puts the end of a call into HTTP. */
export function toHttp(result: Result<Answer>): Answer {
  if (result.kind === "answered") return result.answer;
  if (result.kind === "dropped") return "drop";
  const { status, retryAfterSeconds } = result;
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  const message = "The partner's mode refuses this call.";
  return { status, headers, body: { error: { code: CODES[status] ?? `Status${status}`, message } } };
}

export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly answer: Reply };

/** Reads a JSON body by its schema; the refusal names the first field at fault. */
export function readJson<S extends z.ZodType>(schema: S, body: Buffer): Read<z.infer<S>> {
  let json: unknown;
  try {
    json = JSON.parse(body.toString("utf8"));
  } catch {
    return { ok: false, answer: errorAnswer(400, "BadRequest", "The body is not JSON.") };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  const inner = issue?.code === "unrecognized_keys" ? issue.keys : [];
  const field = [...(issue?.path ?? []), ...inner.slice(0, 1)].join(".");
  const message = `${field === "" ? "body" : field}: ${issue?.message ?? "is not as expected"}`;
  return { ok: false, answer: errorAnswer(400, "BadRequest", message, field) };
}
