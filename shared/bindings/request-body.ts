import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { z } from "zod";
import { MAX_BODY_BYTES } from "#shared/contracts/order-request.ts";
import { problem } from "./problem.ts";

const MOST_FAULTS = 50;

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: HttpResponseInit };

const refuse = (refusal: HttpResponseInit): { readonly ok: false; readonly refusal: HttpResponseInit } => ({
  ok: false,
  refusal,
});

/** `application/json`, in UTF-8 if a charset is named at all. */
const JSON_TYPE = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Reads, limits, decodes and validates a JSON body; every fault is named by its JSON pointer. */
export async function parseBody<S extends z.ZodType>(
  request: HttpRequest,
  schema: S,
  options: {
    readonly emptyMeans?: unknown;
    /** Takes what an HTML form sends as well. */
    readonly formToo?: boolean;
  } = {},
): Promise<Parsed<z.infer<S>>> {
  const declaredBytes = Number(request.headers.get("content-length") ?? 0);
  if (declaredBytes > MAX_BODY_BYTES) return refuse(tooLarge());
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > MAX_BODY_BYTES) return refuse(tooLarge());
  if (bytes.byteLength === 0 && options.emptyMeans !== undefined) return validate(schema, options.emptyMeans);
  const type = request.headers.get("content-type") ?? "";
  if (options.formToo === true && FORM_TYPE.test(type)) {
    return validate(schema, Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes))));
  }
  if (!JSON_TYPE.test(type)) return refuse(problem("unsupported-media-type"));
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return refuse(problem("malformed-json"));
  }
  return validate(schema, body);
}

const tooLarge = () => problem("too-large", { detail: `The limit is ${MAX_BODY_BYTES} bytes.` });

function validate<S extends z.ZodType>(schema: S, body: unknown): Parsed<z.infer<S>> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return { ok: true, value: parsed.data };
  const errors = parsed.error.issues.flatMap(faultsOf).slice(0, MOST_FAULTS);
  return refuse(problem("invalid", { errors }));
}

function faultsOf(issue: z.core.$ZodIssue): { pointer: string; detail: string }[] {
  if (issue.code !== "unrecognized_keys") return [{ pointer: pointerTo(issue.path), detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key]), detail: "is not known here" }));
}

/** RFC 6901. */
export const pointerTo = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
