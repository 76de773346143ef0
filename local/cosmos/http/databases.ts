import type { JsonObject } from "../json.ts";
import type { Database } from "../store/container.ts";
import { readId } from "../store/container-input.ts";
import { etagOf } from "../store/rids.ts";
import { isQuery, listReply } from "./list-query.ts";
import { resourceReply, type Reply } from "./reply.ts";
import {
  checkIfMatch,
  findDatabase,
  methodNotAllowed,
  parseObject,
  type Request,
  type Service,
} from "./request.ts";
import { readThroughput } from "./throughput.ts";

export async function handleDatabases(service: Service, request: Request): Promise<Reply> {
  const { store } = service;
  if (request.method === "GET" || isQuery(request)) {
    const all = [...store.catalog.databases.values()].map(databaseResource);
    return listReply(service, request, "Databases", "", all);
  }
  if (request.method !== "POST") throw methodNotAllowed(request);
  const id = readId(parseObject(request));
  const throughput = readThroughput(request);
  const database = await store.change(() => store.catalog.createDatabase(id, throughput, store.stamp()));
  return resourceReply(201, databaseResource(database));
}

export async function handleDatabase(service: Service, request: Request): Promise<Reply> {
  const database = findDatabase(service, request);
  if (request.method === "GET") return resourceReply(200, databaseResource(database));
  if (request.method !== "DELETE") throw methodNotAllowed(request);
  checkIfMatch(request, etagOf(database.version, database.ts));
  await service.store.change(() => service.store.catalog.dropDatabase(database));
  return { status: 204, headers: [], body: "" };
}

export function databaseResource({ id, rid, version, ts }: Database): JsonObject {
  return {
    id,
    _rid: rid,
    _self: `dbs/${rid}/`,
    _etag: etagOf(version, ts),
    _colls: "colls/",
    _users: "users/",
    _ts: ts,
  };
}
