import type { WireReply } from "./wire/reply-text.ts";
import { show, type JsonObject } from "../json.ts";
import { codeOf, type Refusal } from "../refusal.ts";

/** Header names and values in turn: no objects are built for them. */
export type HeaderList = readonly string[];

export interface Reply {
  readonly status: number;
  readonly headers: HeaderList;
  /** JSON text; empty for none. */
  readonly body: string;
  /** Request units; 1 if absent. */
  readonly charge?: number;
}

export const json = (status: number, value: unknown, headers: HeaderList = []): Reply => ({
  status,
  headers,
  body: JSON.stringify(value),
});

/** A database, a container or an offer. */
export const resourceReply = (status: number, resource: JsonObject): Reply =>
  json(status, resource, ["etag", show(resource["_etag"])]);

export function refusalReply({ status, message, details }: Refusal): Reply {
  const headers: string[] = [];
  if (details.subStatus !== undefined) headers.push("x-ms-substatus", String(details.subStatus));
  if (details.retryAfterMs !== undefined) headers.push("x-ms-retry-after-ms", String(details.retryAfterMs));
  return json(status, { code: codeOf(status), message, ...details.body }, headers);
}

/** Makes the id every response needs, unique over restarts: a random half and a count. */
export class ActivityIds {
  readonly #prefix = crypto.randomUUID().slice(0, 24);
  #count = 0;

  next(): string {
    return this.#prefix + (this.#count++).toString(16).padStart(12, "0");
  }
}

/** With the headers that every response has. */
export function complete(reply: Reply, activityId: string): WireReply {
  const { status, headers, body, charge = 1 } = reply;
  return {
    status,
    headers: [
      "content-type",
      "application/json",
      "x-ms-activity-id",
      activityId,
      "x-ms-request-charge",
      String(charge),
      ...headers,
    ],
    body,
  };
}
