import { isObject, show, type Json, type JsonObject } from "../json.ts";
import { badRequest } from "../refusal.ts";
import { splitPath } from "../partition/key.ts";

/** One field of an index. `path` is normalised: `/a/b`. */
export interface IndexField {
  readonly path: string;
  readonly descending: boolean;
}

/** An index to keep. A sparse one holds only the items that have its first path. */
export interface ItemIndex {
  readonly fields: readonly IndexField[];
  readonly sparse: boolean;
}

export const isSameIndex = (a: ItemIndex, b: ItemIndex): boolean =>
  a.sparse === b.sparse &&
  a.fields.length === b.fields.length &&
  a.fields.every(
    ({ path, descending }, at) => path === b.fields[at]!.path && descending === b.fields[at]!.descending,
  );

/** Made by the endpoint alone, and not in the stored text; `_ts` can be indexed, the others cannot. */
const unindexable: ReadonlySet<string> = new Set(["/_rid", "/_self", "/_etag", "/_attachments"]);

export const canBeIndexed = (path: string): boolean =>
  path !== "" && !path.includes("[]") && !unindexable.has(path);

/**
 * What of an indexing policy is kept from the start: every composite index, and every path that is included by name
 * and does not begin one of those. What only a wildcard includes is indexed when queries ask for it, see `Catalog.addLazyIndex`.
 */
export function indexesOf(policy: Json | undefined): readonly ItemIndex[] {
  if (!isObject(policy) || policy["indexingMode"] === "none") return [];
  const composites = compositesOf(policy);
  const indexes: ItemIndex[] = composites.map((fields) => ({ fields, sparse: false }));
  const begun = new Set(composites.map(([first]) => first?.path));
  for (const entry of arrayOf(policy["includedPaths"])) {
    const path = pathOf(entry);
    if (canBeIndexed(path) && !isWildcard(entry) && !begun.has(path)) {
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

/** Is a path included, as the most precise entry that covers it says? A name is more precise than a wildcard. */
export function isIncluded(policy: Json | undefined, path: string): boolean {
  if (!isObject(policy) || policy["indexingMode"] === "none") return false;
  return precision(policy["includedPaths"], path) > precision(policy["excludedPaths"], path);
}

/** How many names of the path the most precise entry spells out; -1 when none covers it. */
function precision(entries: Json | undefined, path: string): number {
  const names = splitPath(path);
  let best = -1;
  for (const entry of arrayOf(entries)) {
    const own = splitPath(pathOf(entry));
    const fits = own.every((name, index) => name === names[index]);
    const covers = fits && (isWildcard(entry) ? own.length <= names.length : own.length === names.length);
    if (covers) best = Math.max(best, 2 * own.length + (isWildcard(entry) ? 0 : 1));
  }
  return best;
}

const isWildcard = (entry: Json): boolean => isObject(entry) && show(entry["path"]).endsWith("/*");

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
