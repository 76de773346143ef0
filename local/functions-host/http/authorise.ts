import type { IncomingMessage } from "node:http";
import type { AuthLevel, Keys } from "../keys/keys.ts";

const RANK: Readonly<Record<AuthLevel, number>> = { anonymous: 0, function: 1, admin: 2 };

/** The key a request carries: the header wins over the query. */
function presentedKey(request: IncomingMessage, query: string): string | undefined {
  const header = request.headers["x-functions-key"];
  if (typeof header === "string") return header;
  return new URLSearchParams(query).get("code") ?? undefined;
}

/** Whether the request's key is good for `needed`, on this function or, without a name, on the host's own pages. */
export function isAuthorised(
  keys: Keys,
  needed: AuthLevel,
  request: IncomingMessage,
  query: string,
  functionName?: string,
): boolean {
  if (needed === "anonymous") return true;
  return RANK[keys.levelOf(presentedKey(request, query), functionName)] >= RANK[needed];
}
