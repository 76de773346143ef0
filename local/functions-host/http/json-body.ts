import type { z } from "zod";

/** The body of an admin request as the page wants it; undefined when it is anything else. */
export function jsonBody<S extends z.ZodType>(schema: S, body: string | undefined): z.output<S> | undefined {
  try {
    return schema.parse(JSON.parse(body ?? ""));
  } catch {
    return undefined;
  }
}
