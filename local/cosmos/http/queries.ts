import { parseKey } from "../partition/key.ts";
import { badRequest, rangeGone, Refusal, SubStatus } from "../refusal.ts";
import { makePlan, needsPlan } from "../query/query-plan.ts";
import { bindQuery } from "../query/query-text.ts";
import { runQuery } from "../query/run-query.ts";
import type { ItemScope } from "../query/scope.ts";
import { queryCharge } from "./charge.ts";
import type { Container } from "../store/container.ts";
import { sessionHeaders } from "./item-headers.ts";
import { json, type Reply } from "./reply.ts";
import { findContainer, flag, header, pageSize, parseBody, type Request, type Service } from "./request.ts";

/** POST …/docs with a query: the plan for it, or a page of its result. */
export async function handleQuery(service: Service, request: Request): Promise<Reply> {
  const container = findContainer(service, request);
  const bound = bindQuery(parseBody(request), service.store.nowMs());
  if (flag(request, "x-ms-cosmos-is-query-plan-request")) return json(200, makePlan(bound));
  const scope = scopeOf(request, container);
  if (scope.key === undefined && scope.range === undefined && needsPlan(bound)) {
    throw needsPlanRefusal(JSON.stringify(makePlan(bound)));
  }
  const page = await runQuery({
    store: service.store,
    container,
    scope,
    bound,
    pageSize: pageSize(request),
    continuation: header(request, "x-ms-continuation"),
  });
  const headers = sessionHeaders(service, container, scope.range);
  headers.push("x-ms-item-count", String(page.results.length));
  if (page.continuation !== undefined) headers.push("x-ms-continuation", page.continuation);
  const reply = documentsReply(container, page.results, headers);
  return { ...reply, charge: queryCharge(page.looked, reply.body.length) };
}

export const documentsReply = (container: Container, texts: readonly string[], headers: string[]): Reply => ({
  status: 200,
  headers,
  body: `{"_rid":"${container.rid}","Documents":[${texts.join(",")}],"_count":${texts.length}}`,
});

/** The service answers this for what a single range cannot answer; clients then work with the plan. */
const needsPlanRefusal = (plan: string): Refusal =>
  new Refusal(
    400,
    "The provided cross partition query can not be directly served by the gateway. This is a first chance (internal) exception that all newer clients will know how to handle gracefully.",
    { subStatus: SubStatus.crossPartitionQueryNotServable, body: { additionalErrorInfo: plan } },
  );

/** Which part of the container a query or feed is about, from its headers. */
export function scopeOf(request: Request, container: Container): ItemScope {
  const keyHeader = header(request, "x-ms-documentdb-partitionkey");
  const rangeId = header(request, "x-ms-documentdb-partitionkeyrangeid");
  if (keyHeader !== undefined) {
    const key = parseKey(keyHeader);
    if (key.length > container.keyPaths.length) {
      throw badRequest("The partition key has more parts than the container's definition.");
    }
    return { key };
  }
  if (rangeId === undefined) return {};
  const range = container.ranges.findIndex(({ id }) => id === rangeId);
  if (range < 0) throw rangeGone(rangeId);
  return { range, ...partOfRange(request, container, range) };
}

/** `x-ms-start-epk` and `x-ms-end-epk` may narrow a request to a part of a range. */
function partOfRange(request: Request, container: Container, range: number): Pick<ItemScope, "part"> {
  const { min, max } = container.ranges[range]!;
  const from = header(request, "x-ms-start-epk") ?? min;
  const below = header(request, "x-ms-end-epk") ?? max;
  return from > min || below < max ? { part: { from, below } } : {};
}
