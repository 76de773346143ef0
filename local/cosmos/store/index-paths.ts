import { isObject, show, type Json, type JsonObject } from "../json.ts";
import { badRequest } from "../refusal.ts";
import { splitPath } from "../partition/key.ts";

/** One field of an index. `path` is normalised: `/a/b`. */
export interface IndexField {
  readonly path: string;
  readonly descending: boolean;
}

/** A SQLite index to keep. A sparse one holds only the items that have the (single) path. */
export interface ItemIndex {
  readonly fields: readonly IndexField[];
  readonly sparse: boolean;
}

/**
 * What of an indexing policy is kept as SQLite indexes: every composite index, and every path that is included
 * by name. `/*` is taken as "may be queried" and served by scanning.
 */
export function indexesOf(policy: Json | undefined): readonly ItemIndex[] {
  if (!isObject(policy) || policy["indexingMode"] === "none") return [];
  const indexes: ItemIndex[] = compositesOf(policy).map((fields) => ({ fields, sparse: false }));
  for (const entry of arrayOf(policy["includedPaths"])) {
    const path = pathOf(entry);
    if (path !== "" && !path.includes("[]")) {
      indexes.push({ fields: [{ path, descending: false }], sparse: true });
    }
  }
  return indexes;
}

export function compositesOf(policy: JsonObject): readonly (readonly IndexField[])[] {
  return arrayOf(policy["compositeIndexes"]).map((fields) =>
    arrayOf(fields).map((field) => ({
      path: pathOf(field),
      descending: isObject(field) && show(field["order"]).toLowerCase() === "descending",
    })),
  );
}

function arrayOf(value: Json | undefined): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest("The indexing policy is malformed: an array is expected.");
  return value;
}

function pathOf(entry: Json): string {
  const path = isObject(entry) ? entry["path"] : undefined;
  if (typeof path !== "string" || !path.startsWith("/")) {
    throw badRequest("The indexing policy is malformed: every path must begin with '/'.");
  }
  return splitPath(path)
    .map((name) => `/${name}`)
    .join("");
}
