import { isObject, property, show, type Json, type JsonObject } from "../json.ts";
import { badRequest, notSupported } from "../refusal.ts";

const MAX_ID_CHARACTERS = 255;
const TAKEN_OVER = new Set(["conflictResolutionPolicy", "geospatialConfig", "computedProperties"]);
const SYSTEM = new Set(["id", "partitionKey", "throughput", "maxThroughput"]);
const UNSUPPORTED = new Set([
  "analyticalStorageTtl",
  "changeFeedPolicy",
  "clientEncryptionPolicy",
  "fullTextPolicy",
  "vectorEmbeddingPolicy",
]);

const defaultIndexingPolicy: JsonObject = {
  indexingMode: "consistent",
  automatic: true,
  includedPaths: [{ path: "/*" }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

/** The id of a database or container. https://learn.microsoft.com/azure/cosmos-db/concepts-limits */
export function readId(body: JsonObject): string {
  const id = body["id"];
  if (typeof id !== "string" || id === "") {
    throw badRequest("The input content is invalid because the required property 'id' is missing.");
  }
  if (id.length > MAX_ID_CHARACTERS || /[/\\#?]/.test(id) || id.endsWith(" ")) {
    throw badRequest(
      `Invalid id '${id}': 1 to ${MAX_ID_CHARACTERS} characters without / \\ # ? or a trailing space.`,
    );
  }
  return id;
}

/** Everything of a container definition but its id and partition key; what is not known is refused. */
export function readContainerProperties(body: JsonObject): JsonObject {
  const properties: Record<string, Json> = { indexingPolicy: readIndexingPolicy(body["indexingPolicy"]) };
  for (const [name, value] of Object.entries(body)) {
    if (value === null || SYSTEM.has(name) || name.startsWith("_") || name === "indexingPolicy") continue;
    if (name === "defaultTtl") properties[name] = readTtl(value);
    else if (name === "uniqueKeyPolicy") properties[name] = readUniqueKeys(value);
    else if (TAKEN_OVER.has(name)) properties[name] = value;
    else if (UNSUPPORTED.has(name)) throw notSupported(`Container property '${name}'`);
    else throw badRequest(`Container property '${name}' is unknown.`);
  }
  if (Array.isArray(properties["computedProperties"]) && properties["computedProperties"].length > 0) {
    throw notSupported("Container property 'computedProperties'");
  }
  return properties;
}

function readIndexingPolicy(value: Json | undefined): Json {
  if (value === undefined || value === null) return defaultIndexingPolicy;
  if (!isObject(value)) throw badRequest("'indexingPolicy' must be an object.");
  for (const name of ["vectorIndexes", "fullTextIndexes", "spatialIndexes"]) {
    const list = value[name];
    if (Array.isArray(list) && list.length > 0) throw notSupported(`Indexing policy '${name}'`);
  }
  const given = Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null));
  if (given["indexingMode"] === "none") return given;
  const policy = { ...defaultIndexingPolicy, ...given };
  checkPaths(policy);
  return policy;
}

/** https://learn.microsoft.com/azure/cosmos-db/index-policy#include-exclude-paths */
function checkPaths(policy: JsonObject): void {
  const lists = ["includedPaths", "excludedPaths"].map((list) => {
    const entries = policy[list];
    if (!Array.isArray(entries)) throw badRequest(`The indexing policy's '${list}' must be an array.`);
    return entries.map((entry) => show(property(entry, "path")));
  });
  const wrong = lists.flat().find((path) => !path.startsWith("/") || !/\/[?*]$/.test(path));
  if (wrong !== undefined) {
    throw badRequest(
      `The indexing path '${wrong}' could not be accepted: it ends with neither '/?' nor '/*'.`,
    );
  }
  if (lists.filter((paths) => paths.includes("/*")).length !== 1) {
    throw badRequest(
      "The indexing policy must name the root path '/*' as included or as excluded, and not as both.",
    );
  }
}

function readTtl(value: Json): number {
  if (typeof value !== "number" || !Number.isInteger(value) || (value !== -1 && value < 1)) {
    throw badRequest("'defaultTtl' must be -1 or a positive number of seconds.");
  }
  return value;
}

function readUniqueKeys(value: Json): Json {
  const keys = isObject(value) ? (value["uniqueKeys"] ?? []) : undefined;
  const ok =
    Array.isArray(keys) &&
    keys.every((key) => {
      const paths = isObject(key) ? key["paths"] : undefined;
      return Array.isArray(paths) && paths.length > 0 && paths.every((path) => String(path).startsWith("/"));
    });
  if (!ok)
    throw badRequest("'uniqueKeyPolicy' must list 'uniqueKeys', each with 'paths' that begin with '/'.");
  return value;
}
