import { isDeepStrictEqual } from "node:util";
import type { JsonObject } from "../json.ts";
import { readKeyDefinition } from "../partition/key.ts";
import { badRequest } from "../refusal.ts";
import type { Container } from "../store/container.ts";
import { readContainerProperties, readId } from "../store/container-input.ts";
import { etagOf } from "../store/rids.ts";
import { isQuery, listReply } from "./list-query.ts";
import { json, resourceReply, type Reply } from "./reply.ts";
import {
  checkIfMatch,
  findContainer,
  findDatabase,
  methodNotAllowed,
  parseObject,
  type Request,
  type Service,
} from "./request.ts";
import { readThroughput } from "./throughput.ts";

export async function handleContainers(service: Service, request: Request): Promise<Reply> {
  const { store } = service;
  const database = findDatabase(service, request);
  if (request.method === "GET" || isQuery(request)) {
    const all = [...database.containers.values()].map(containerResource);
    return listReply(service, request, "DocumentCollections", database.rid, all);
  }
  if (request.method !== "POST") throw methodNotAllowed(request);
  const body = parseObject(request);
  const definition = {
    id: readId(body),
    partitionKey: readKeyDefinition(body["partitionKey"]),
    properties: readContainerProperties(body),
    throughput: readThroughput(request),
  };
  const container = await store.change(() =>
    store.catalog.createContainer(database, definition, store.stamp()),
  );
  return containerReply(201, container);
}

export async function handleContainer(service: Service, request: Request): Promise<Reply> {
  const { store } = service;
  const container = findContainer(service, request);
  switch (request.method) {
    case "GET":
      return containerReply(200, container);
    case "PUT":
      checkIfMatch(request, etagOf(container.version, container.ts));
      return replaceContainer(service, request, container);
    case "DELETE":
      checkIfMatch(request, etagOf(container.version, container.ts));
      await store.change(() => store.catalog.dropContainer(container));
      return { status: 204, headers: [], body: "" };
    default:
      throw methodNotAllowed(request);
  }
}

/** Partition key, unique keys and id stay as they are; indexing policy and time to live may change. */
async function replaceContainer({ store }: Service, request: Request, container: Container): Promise<Reply> {
  const body = parseObject(request);
  const properties = readContainerProperties(body);
  if (readId(body) !== container.id) throw badRequest("The id of a container cannot be changed.");
  const key = readKeyDefinition(body["partitionKey"]);
  if (!isDeepStrictEqual(key, container.partitionKey)) {
    throw badRequest("Document collection partition key cannot be changed.");
  }
  if (!isDeepStrictEqual(properties["uniqueKeyPolicy"], container.properties["uniqueKeyPolicy"])) {
    throw badRequest("The unique key policy cannot be changed.");
  }
  const replaced = await store.change(() =>
    store.catalog.replaceContainer(container, { properties }, store.stamp()),
  );
  await store.catalog.expire(replaced);
  return containerReply(200, replaced);
}

export function handleKeyRanges(service: Service, request: Request): Reply {
  if (request.method !== "GET") throw methodNotAllowed(request);
  const { ranges, rid, self, version, ts } = findContainer(service, request);
  const list = ranges.map(({ id, min, max }) => ({
    _rid: rid,
    id,
    _etag: etagOf(version, ts),
    minInclusive: min,
    maxExclusive: max,
    ridPrefix: Number(id),
    _self: `${self}pkranges/${id}/`,
    throughputFraction: 1 / ranges.length,
    status: "online",
    parents: [],
    _ts: ts,
  }));
  return json(200, { _rid: rid, PartitionKeyRanges: list, _count: list.length });
}

function containerReply(status: number, container: Container): Reply {
  const { headers, ...reply } = resourceReply(status, containerResource(container));
  const path = `dbs/${encodeURIComponent(container.databaseId)}`;
  return { ...reply, headers: [...headers, "x-ms-alt-content-path", path] };
}

export function containerResource(container: Container): JsonObject {
  const { id, rid, self, version, ts, partitionKey, properties } = container;
  return {
    id,
    ...properties,
    partitionKey: { paths: partitionKey.paths, kind: partitionKey.kind, version: partitionKey.version },
    _rid: rid,
    _ts: ts,
    _self: self,
    _etag: etagOf(version, ts),
    _docs: "docs/",
    _sprocs: "sprocs/",
    _triggers: "triggers/",
    _udfs: "udfs/",
    _conflicts: "conflicts/",
  };
}
