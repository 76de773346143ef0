import { notFound } from "../refusal.ts";
import type { Container, Database } from "../store/container.ts";
import { etagOf } from "../store/rids.ts";
import { isQuery, listReply } from "./list-query.ts";
import { resourceReply, type Reply } from "./reply.ts";
import { checkIfMatch, methodNotAllowed, parseObject, type Request, type Service } from "./request.ts";
import { offerResource, throughputOf, type Owner } from "./throughput.ts";

export function handleOffers(service: Service, request: Request): Reply {
  if (request.method !== "GET" && !isQuery(request)) throw methodNotAllowed(request);
  const offers = owners(service).map(({ owner }) => offerResource(owner));
  return listReply(service, request, "Offers", "", offers);
}

export async function handleOffer(service: Service, request: Request): Promise<Reply> {
  const { store } = service;
  const id = request.segments[1]!.toLowerCase();
  const found = owners(service).find(({ owner }) => owner.offerId === id);
  if (found === undefined) throw notFound(`Offer '${id}'.`);
  if (request.method === "GET") return resourceReply(200, offerResource(found.owner));
  if (request.method !== "PUT") throw methodNotAllowed(request);
  checkIfMatch(request, etagOf(found.owner.version, found.owner.ts));
  const throughput = throughputOf(parseObject(request)["content"]);
  const stamp = await store.change(() => {
    const changed = store.stamp();
    if (found.container !== undefined)
      store.catalog.replaceContainer(found.container, { throughput }, changed);
    else store.catalog.replaceDatabase(found.database, throughput, changed);
    return changed;
  });
  return resourceReply(200, offerResource({ ...found.owner, ...stamp, throughput }));
}

interface Provisioned {
  readonly owner: Owner;
  readonly database: Database;
  readonly container?: Container;
}

/** Everything that was created with throughput of its own. */
function owners({ store }: Service): readonly Provisioned[] {
  const found: Provisioned[] = [];
  for (const database of store.catalog.databases.values()) {
    const { number, rid, version, ts, throughput } = database;
    if (throughput !== undefined) {
      const owner = {
        offerId: `d${number.toString(36).padStart(3, "0")}`,
        rid,
        self: `dbs/${rid}/`,
        version,
        ts,
      };
      found.push({ owner: { ...owner, throughput }, database });
    }
    for (const container of database.containers.values()) {
      if (container.throughput === undefined) continue;
      const offerId = `c${container.number.toString(36).padStart(3, "0")}`;
      found.push({ owner: { ...container, offerId, throughput: container.throughput }, database, container });
    }
  }
  return found;
}
