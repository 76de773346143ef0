import { itemText } from "../items/item-text.ts";
import { badRequest, notSupported } from "../refusal.ts";
import { readChanges, type FeedStart } from "../query/change-feed.ts";
import { bindQuery } from "../query/query-text.ts";
import { runQuery } from "../query/run-query.ts";
import { feedCharge, queryCharge } from "./charge.ts";
import { sessionHeaders } from "./item-headers.ts";
import { documentsReply, scopeOf } from "./queries.ts";
import type { Reply } from "./reply.ts";
import { findContainer, header, pageSize, type Request, type Service } from "./request.ts";

/** GET …/docs: the change feed, or simply all items. */
export async function handleFeed(service: Service, request: Request): Promise<Reply> {
  const mode = header(request, "a-im");
  if (mode === undefined) return readAll(service, request);
  if (mode.toLowerCase() !== "incremental feed") throw notSupported(`The change feed mode '${mode}'`);
  const container = findContainer(service, request);
  const scope = scopeOf(request, container);
  const { items, position } = await readChanges(
    service.store,
    container,
    scope,
    startOf(request),
    pageSize(request),
  );
  const headers = sessionHeaders(service, container, scope.range);
  headers.push("etag", `"${position}"`);
  if (items.length === 0) return { status: 304, headers, body: "" };
  headers.push("x-ms-item-count", String(items.length));
  // `_lsn` is how change feed readers order items of one key.
  const texts = items.map((item) => `${itemText(container, item).slice(0, -1)},"_lsn":${item.lsn}}`);
  const reply = documentsReply(container, texts, headers);
  return { ...reply, charge: feedCharge(texts.length, reply.body.length) };
}

/** A continuation wins over a start time, which the client repeats with every page. */
function startOf(request: Request): FeedStart {
  const continuation = header(request, "if-none-match");
  if (continuation === "*") return { kind: "now" };
  if (continuation !== undefined) {
    const position = Number(continuation.replaceAll('"', ""));
    if (!Number.isSafeInteger(position) || position < 0) throw badRequest("The continuation is malformed.");
    return { kind: "after", position };
  }
  const since = header(request, "if-modified-since");
  if (since === undefined) return { kind: "after", position: 0 };
  const time = Date.parse(since);
  if (Number.isNaN(time)) throw badRequest(`'${since}' is no time.`);
  return { kind: "time", seconds: Math.floor(time / 1000) };
}

async function readAll(service: Service, request: Request): Promise<Reply> {
  const container = findContainer(service, request);
  const scope = scopeOf(request, container);
  const page = await runQuery({
    store: service.store,
    container,
    scope,
    bound: bindQuery({ query: "SELECT * FROM c" }, 0),
    pageSize: pageSize(request),
    continuation: header(request, "x-ms-continuation"),
  });
  const headers = sessionHeaders(service, container, scope.range);
  headers.push("x-ms-item-count", String(page.results.length));
  if (page.continuation !== undefined) headers.push("x-ms-continuation", page.continuation);
  const reply = documentsReply(container, page.results, headers);
  return { ...reply, charge: queryCharge(page.looked, reply.body.length) };
}
