import type { JsonObject } from "../json.ts";
import { bindQuery } from "../query/query-text.ts";
import { makeProjection } from "../query/selection.ts";
import { compile } from "../sql/evaluate.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import type { Reply } from "./reply.ts";
import { flag, parseBody, type Request } from "./request.ts";

/** Databases, containers and offers: all of them, or those a query of SELECT, FROM and WHERE lets through. */
export function listReply(request: Request, name: string, rid: string, all: readonly JsonObject[]): Reply {
  const texts = isQuery(request) ? select(request, all) : all.map((resource) => JSON.stringify(resource));
  return {
    status: 200,
    headers: ["x-ms-item-count", String(texts.length)],
    body: `{"_rid":"${rid}","${name}":[${texts.join(",")}],"_count":${texts.length}}`,
  };
}

export const isQuery = (request: Request): boolean =>
  request.method === "POST" &&
  (flag(request, "x-ms-documentdb-isquery") ||
    request.headers["content-type"]?.startsWith("application/query+json") === true);

function select(request: Request, all: readonly JsonObject[]): readonly string[] {
  const { query, scope, limit, offset } = bindQuery(parseBody(request));
  if (query.orderBy.length > 0) throw unsupportedQuery("ORDER BY outside of items");
  const test = query.where === undefined ? undefined : compile(query.where, scope);
  const projection = makeProjection(query, scope);
  return all
    .filter((resource) => test === undefined || test(resource) === true)
    .slice(offset, limit === undefined ? undefined : offset + limit)
    .map((resource) => projection.toText(resource))
    .filter((text) => text !== undefined);
}
