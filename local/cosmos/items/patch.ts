import { isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest, notSupported } from "../refusal.ts";

/**
 * Partial update of a document. https://learn.microsoft.com/azure/cosmos-db/partial-document-update
 * `add` and `set` differ in arrays only (insert against overwrite); `incr` creates what is missing; the parent of
 * a path must exist.
 */
export interface PatchOperation {
  readonly op: "add" | "set" | "replace" | "remove" | "incr" | "move";
  readonly path: readonly string[];
  readonly from: readonly string[];
  readonly value: Json | undefined;
}

export interface Patch {
  /** `from c where …`; the patch applies only if it holds. */
  readonly condition: string | undefined;
  readonly operations: readonly PatchOperation[];
}

const MAX_OPERATIONS = 10;
const operationNames: ReadonlySet<string> = new Set(["add", "set", "replace", "remove", "incr", "move"]);

/** `protectedPaths` may not be touched, nor what contains them: the id, the key, system properties. */
export function readPatch(body: Json, protectedPaths: readonly (readonly string[])[]): Patch {
  const given = Array.isArray(body) ? { operations: body } : body;
  const list = isObject(given) ? given["operations"] : undefined;
  const condition = isObject(given) ? given["condition"] : undefined;
  if (!Array.isArray(list) || list.length === 0) throw badRequest("A patch needs 'operations'.");
  if (list.length > MAX_OPERATIONS) {
    throw badRequest(`The number of patch operations can't exceed ${MAX_OPERATIONS}.`);
  }
  if (condition !== undefined && condition !== null && typeof condition !== "string") {
    throw badRequest("The 'condition' of a patch must be a string.");
  }
  const operations = list.map((entry, index) => readOperation(entry as Json, index + 1, protectedPaths));
  return { condition: condition ?? undefined, operations };
}

function readOperation(
  entry: Json,
  number: number,
  protectedPaths: readonly (readonly string[])[],
): PatchOperation {
  if (!isObject(entry)) throw problem(number, "is no object");
  const name = entry["op"];
  if (typeof name !== "string" || !operationNames.has(name)) {
    throw notSupported(`Patch operation '${String(name)}'`);
  }
  // Just found in the set.
  const op = name as PatchOperation["op"];
  const path = readPath(entry["path"], number);
  const from = op === "move" ? readPath(entry["from"], number) : [];
  for (const used of op === "move" ? [path, from] : [path]) {
    if (protectedPaths.some((other) => overlaps(used, other)) || used[0]!.startsWith("_")) {
      throw badRequest(`Operation(${number}): cannot patch '/${used.join("/")}'.`);
    }
  }
  if (op === "move" && from.length < path.length && overlaps(from, path)) {
    throw problem(number, "cannot move a value into itself");
  }
  const value = entry["value"];
  if (op !== "remove" && op !== "move" && value === undefined) throw problem(number, "needs a 'value'");
  if (op === "incr" && typeof value !== "number") throw problem(number, "needs a number to add");
  return { op, path, from, value };
}

function readPath(path: Json | undefined, number: number): readonly string[] {
  if (typeof path !== "string" || !path.startsWith("/") || path === "/") {
    throw problem(number, "needs a path that begins with '/'");
  }
  return path
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const overlaps = (a: readonly string[], b: readonly string[]): boolean =>
  a.slice(0, b.length).every((name, index) => name === b[index]);

const problem = (number: number, what: string): Error => badRequest(`For Operation(${number}): it ${what}.`);

/** Changes `document`, which nobody else may hold. Throws a refusal if an operation does not fit. */
export function applyPatch(document: JsonObject, operations: readonly PatchOperation[]): void {
  operations.forEach((operation, index) => applyOperation(document, operation, index + 1));
}

function applyOperation(
  document: JsonObject,
  { op, path, from, value }: PatchOperation,
  number: number,
): void {
  if (op === "move") {
    const moved = takeAway(placeOf(document, from, number), number);
    put(placeOf(document, path, number), moved, true, number);
    return;
  }
  const place = placeOf(document, path, number);
  if (op === "remove") {
    takeAway(place, number);
    return;
  }
  if (op === "incr") {
    const before = valueAt(place) ?? 0;
    if (typeof before !== "number") throw problem(number, "can only increment a number");
    put(place, before + Number(value), false, number);
    return;
  }
  if (op === "replace" && valueAt(place) === undefined) {
    throw problem(number, "can only replace an existing property");
  }
  put(place, value!, op === "add", number);
}

/** A member of an object or an element of an array, existing or not. */
interface Place {
  readonly parent: Record<string, Json> | Json[];
  readonly name: string;
}

function placeOf(document: JsonObject, path: readonly string[], number: number): Place {
  let parent: Json = document;
  for (const name of path.slice(0, -1)) {
    const child: Json | undefined = valueAt({ parent: parent as Record<string, Json>, name });
    if (typeof child !== "object" || child === null) {
      throw problem(number, `names '/${path.join("/")}', whose parent does not exist`);
    }
    parent = child;
  }
  // The document was parsed for this patch alone: its objects are ours to change.
  return { parent: parent as Record<string, Json> | Json[], name: path.at(-1)! };
}

function valueAt({ parent, name }: Place): Json | undefined {
  if (Array.isArray(parent)) return /^\d+$/.test(name) ? parent[Number(name)] : undefined;
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function put({ parent, name }: Place, value: Json, insert: boolean, number: number): void {
  if (!Array.isArray(parent)) {
    // defineProperty, because a member may be called `__proto__`.
    if (name === "__proto__") {
      Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
    } else parent[name] = value;
    return;
  }
  const index = name === "-" ? parent.length : Number(name);
  if (!/^(?:\d+|-)$/.test(name) || index > parent.length) throw problem(number, "has an index out of range");
  parent.splice(index, insert ? 0 : 1, value);
}

function takeAway(place: Place, number: number): Json {
  const { parent, name } = place;
  const value = valueAt(place);
  if (value === undefined) throw problem(number, "names a path that does not exist");
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
  return value;
}
