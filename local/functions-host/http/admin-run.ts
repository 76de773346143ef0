import { z } from "zod";
import type { HostAdministration, Page } from "./admin.ts";
import { jsonBody } from "./json-body.ts";

const given = z.object({ input: z.string().optional() });

/** Runs a function now, whatever triggers it: `POST /admin/functions/<function>` with `{"input": "…"}`. Answers before it has run. */
export function runPage(
  host: HostAdministration,
  method: string,
  words: readonly string[],
  body: string | undefined,
): Page | undefined {
  const [area, name, ...rest] = words;
  if (method !== "POST" || area !== "functions" || name === undefined || rest.length > 0) return undefined;
  const asked = jsonBody(given, body);
  if (asked === undefined) return { status: 400, body: { error: `the body must be {"input": "some text"}` } };
  return PAGES[host.run(name, asked.input ?? "")];
}

const PAGES = {
  running: { status: 202 },
  unknown: undefined,
  "has-an-address": {
    status: 400,
    body: { error: "the function is triggered by http: send it a request" },
  },
} as const;
