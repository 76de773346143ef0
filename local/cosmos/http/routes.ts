import { notFound, notSupported } from "../refusal.ts";
import { readAccount } from "./account.ts";
import { handleContainer, handleContainers, handleKeyRanges } from "./containers.ts";
import { handleDatabase, handleDatabases } from "./databases.ts";
import { handleFeed } from "./feeds.ts";
import { deleteKey, handleItem, postItem } from "./items.ts";
import { isQuery } from "./list-query.ts";
import { handleOffer, handleOffers } from "./offers.ts";
import { handleQuery } from "./queries.ts";
import type { Reply } from "./reply.ts";
import { flag, methodNotAllowed, type Request, type Service } from "./request.ts";

type Handler = (service: Service, request: Request) => Reply | Promise<Reply>;

/** Resource kinds of the service that this endpoint does not have. */
const notHere: ReadonlySet<string> = new Set(
  "users permissions sprocs triggers udfs conflicts clientencryptionkeys media attachments".split(" "),
);

/** Requests on items may be disturbed on purpose; those on databases and containers never are. */
export const isAboutItems = (segments: readonly string[]): boolean => segments[4] === "docs";

export function handle(service: Service, request: Request): Reply | Promise<Reply> {
  return handlerOf(request.segments)(service, request);
}

function handlerOf(segments: readonly string[]): Handler {
  const [first, , third, , fifth] = segments;
  if (segments.length === 0) return (_service, request) => readAccount(request);
  if (first === "offers") return byLength(segments, 1, handleOffers, handleOffer);
  if (first !== "dbs") throw unknown(segments);
  if (segments.length <= 2) return byLength(segments, 1, handleDatabases, handleDatabase);
  if (third !== "colls") throw unknown(segments);
  if (segments.length <= 4) return byLength(segments, 3, handleContainers, handleContainer);
  if (fifth === "docs") return byLength(segments, 5, handleItemFeed, handleItem);
  if (fifth === "pkranges" && segments.length === 5) return handleKeyRanges;
  if (fifth === "operations" && segments[5] === "partitionkeydelete") return onlyPost(deleteKey);
  throw unknown(segments);
}

/** The feed's handler for `length` segments, the resource's for one more. */
function byLength(segments: readonly string[], length: number, feed: Handler, resource: Handler): Handler {
  if (segments.length === length) return feed;
  if (segments.length === length + 1) return resource;
  throw unknown(segments);
}

function handleItemFeed(service: Service, request: Request): Reply | Promise<Reply> {
  if (request.method === "GET") return read(handleFeed, service, request);
  if (request.method !== "POST") throw methodNotAllowed(request);
  return isQuery(request) || flag(request, "x-ms-cosmos-is-query-plan-request")
    ? read(handleQuery, service, request)
    : postItem(service, request);
}

/** A container that somebody is making is known before the tables are there that these read. */
function read(handler: Handler, service: Service, request: Request): Reply | Promise<Reply> {
  const settled = service.store.changesSettled();
  return settled === undefined ? handler(service, request) : settled.then(() => handler(service, request));
}

const onlyPost =
  (handler: Handler): Handler =>
  (service, request) => {
    if (request.method !== "POST") throw methodNotAllowed(request);
    return handler(service, request);
  };

function unknown(segments: readonly string[]): Error {
  const kind = segments.find((segment, index) => index % 2 === 0 && notHere.has(segment));
  return kind === undefined ? notFound(`/${segments.join("/")}.`) : notSupported(`Resource type '${kind}'`);
}
