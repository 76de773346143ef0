import { isObject, parseJson, type JsonObject, type OwnJson } from "../json.ts";
import type { KeyPart } from "../partition/effective-key.ts";
import { parseKey } from "../partition/key.ts";
import { badRequest, Refusal, SubStatus } from "../refusal.ts";
import type { ItemWriter } from "../items/item-writer.ts";
import { changedMeanwhile } from "../items/outcome.ts";
import type { Container, Database } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import type { Budgets } from "./budgets.ts";
import type { Faults } from "./faults.ts";
import type { Headers } from "./wire/head.ts";

/** What handlers work with. */
export interface Service {
  readonly store: Store;
  readonly writer: ItemWriter;
  readonly faults: Faults;
  readonly budgets: Budgets;
}

export interface Request {
  readonly method: string;
  readonly segments: readonly string[];
  readonly headers: Headers;
  readonly body: string;
}

/** A header as text; undefined when absent or empty. */
export function header(request: Request, name: string): string | undefined {
  const value = request.headers.get(name);
  return value === "" ? undefined : value;
}

export const flag = (request: Request, name: string): boolean =>
  header(request, name)?.toLowerCase() === "true";

export function parseBody(request: Request): OwnJson {
  try {
    return parseJson(request.body);
  } catch {
    throw badRequest("The request payload is not valid JSON.");
  }
}

export function parseObject(request: Request): JsonObject {
  const body = parseBody(request);
  if (!isObject(body)) throw badRequest("The request payload must be a JSON object.");
  return body;
}

export const methodNotAllowed = ({ method }: Request): Refusal =>
  new Refusal(405, `The method ${method} is not allowed here.`);

/** Refuses a change of a database, a container or an offer that is no longer what the client has seen. */
export function checkIfMatch(request: Request, etag: string): void {
  const wanted = header(request, "if-match");
  if (wanted === undefined || wanted === "*" || wanted === etag) return;
  throw new Refusal(412, changedMeanwhile.message!);
}

export function findDatabase({ store }: Service, request: Request): Database {
  const database = store.catalog.databases.get(request.segments[1]!);
  if (database === undefined) throw ownerMissing(request, `Database '${request.segments[1]!}'.`, 2);
  return database;
}

export function findContainer(service: Service, request: Request): Container {
  const container = findDatabase(service, request).containers.get(request.segments[3]!);
  if (container === undefined) throw ownerMissing(request, `Container '${request.segments[3]!}'.`, 4);
  return container;
}

/** The sub-status tells "your container is gone" from "your item is not there". */
function ownerMissing(request: Request, what: string, depth: number): Refusal {
  const details = request.segments.length > depth ? { subStatus: SubStatus.ownerNotFound } : {};
  return new Refusal(404, `Owner resource does not exist. ${what}`, details);
}

/** The partition key of an operation on one item. */
export function itemKey(request: Request, container: Container): readonly KeyPart[] {
  const text = header(request, "x-ms-documentdb-partitionkey");
  if (text === undefined) throw badRequest("PartitionKey value must be supplied for this operation.");
  const key = parseKey(text);
  if (key.length !== container.keyPaths.length) {
    throw badRequest(
      "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document.",
    );
  }
  return key;
}

const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 1000;

/** `x-ms-max-item-count`; -1 leaves it to the service. */
export function pageSize(request: Request): number {
  const text = header(request, "x-ms-max-item-count");
  if (text === undefined) return DEFAULT_PAGE;
  const size = Number(text);
  if (size === -1) return LARGEST_PAGE;
  if (!Number.isInteger(size) || size < 1) throw badRequest(`Page size '${text}' is invalid.`);
  return Math.min(size, LARGEST_PAGE);
}
