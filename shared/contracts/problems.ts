import { z } from "zod";

/** Every refusal that the API knows, with its status and title; `type` is `/problems/<name>` and never changes. */
export const problems = {
  "malformed-json": { status: 400, title: "The body is not JSON." },
  "idempotency-key-missing": { status: 400, title: "The Idempotency-Key header is missing." },
  "invalid-header": { status: 400, title: "A header is not valid." },
  "invalid-query": { status: 400, title: "A query parameter is not valid." },
  unauthorized: { status: 401, title: "A valid API key is needed." },
  forbidden: { status: 403, title: "This API key may not do that." },
  "not-found": { status: 404, title: "There is nothing here under that name." },
  "method-not-allowed": { status: 405, title: "This address does not know that method." },
  "question-closed": { status: 409, title: "This question waits for no answer any more." },
  "answered-otherwise": { status: 409, title: "This question was answered differently before." },
  "not-confirmed": { status: 409, title: "This order does not stand: its goods must not be handed over." },
  "handed-over": { status: 409, title: "The order was handed over and can no longer be cancelled." },
  "too-large": { status: 413, title: "The body is too large." },
  "unsupported-media-type": { status: 415, title: "The body must be application/json." },
  invalid: { status: 422, title: "The body is not valid." },
  "not-offered": { status: 422, title: "That is no answer to this question." },
  "idempotency-key-reused": { status: 422, title: "The Idempotency-Key was used with another body." },
  internal: { status: 500, title: "Something went wrong here; it has been recorded." },
  "store-unavailable": {
    status: 503,
    title: "The order store cannot answer right now. Try again with the same key.",
  },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

export type ProblemName = keyof typeof problems;

/** RFC 9457. `errors` names every fault of the body with a JSON pointer (RFC 6901). */
export const Problem = z
  .strictObject({
    type: z.string().meta({ examples: ["/problems/invalid"] }),
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    instance: z.string().optional(),
    errors: z.array(z.strictObject({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;
