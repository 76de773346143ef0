import type { JsonObject } from "../json.ts";
import { bindQuery } from "../query/query-text.ts";
import { unsupportedQuery } from "../sql/query-error.ts";
import { resultsOf } from "../sql/select.ts";
import { startWork } from "../sql/work.ts";
import type { Reply } from "./reply.ts";
import { flag, parseBody, type Request, type Service } from "./request.ts";

/** Databases, containers and offers: all of them, or those a query of SELECT, FROM and WHERE lets through. */
export function listReply(
  service: Service,
  request: Request,
  name: string,
  rid: string,
  all: readonly JsonObject[],
): Reply {
  const texts = isQuery(request)
    ? select(service, request, all)
    : all.map((resource) => JSON.stringify(resource));
  return {
    status: 200,
    headers: ["x-ms-item-count", String(texts.length)],
    body: `{"_rid":"${rid}","${name}":[${texts.join(",")}],"_count":${texts.length}}`,
  };
}

export const isQuery = (request: Request): boolean =>
  request.method === "POST" &&
  (flag(request, "x-ms-documentdb-isquery") ||
    request.headers.get("content-type")?.startsWith("application/query+json") === true);

function select(service: Service, request: Request, all: readonly JsonObject[]): readonly string[] {
  const { query, select: compiled, limit, offset } = bindQuery(parseBody(request), service.store.nowMs());
  if (query.orderBy.length > 0) throw unsupportedQuery("ORDER BY outside of items");
  if (query.distinct || compiled.makeGroups !== undefined) {
    throw unsupportedQuery("DISTINCT, GROUP BY or an aggregate outside of items");
  }
  startWork();
  return all
    .flatMap((resource) => [...resultsOf(compiled, [resource])])
    .filter((value) => value !== undefined)
    .slice(offset, limit === undefined ? undefined : offset + limit)
    .map((value) => JSON.stringify(value));
}
