import { isObject, show, type OwnJson, type OwnJsonObject } from "../json.ts";
import { badRequest, notSupported } from "../refusal.ts";
import { systemProperties } from "./item-text.ts";

/**
 * Partial update of a document. https://learn.microsoft.com/azure/cosmos-db/partial-document-update
 * `add` and `set` differ in arrays only (insert against overwrite); `incr` creates what is missing; the parent of
 * a path must exist.
 */
export interface PatchOperation {
  readonly op: OperationName;
  readonly path: Path;
  /** Differs from `path` for `move` only. */
  readonly from: Path;
  /** Present unless `op` is `remove` or `move`. */
  readonly value: OwnJson | undefined;
}

type OperationName = "add" | "set" | "replace" | "remove" | "incr" | "move";
type Path = readonly string[];

export interface Patch {
  /** `from c where …`; the patch applies only if it holds. */
  readonly condition: string | undefined;
  readonly operations: readonly PatchOperation[];
}

const MAX_OPERATIONS = 10;
const names: readonly OperationName[] = ["add", "set", "replace", "remove", "incr", "move"];
const operationNames: ReadonlyMap<string, OperationName> = new Map(names.map((name) => [name, name]));
const systemPaths = systemProperties.map((name) => [name]);

/** `protectedPaths` may not be touched, nor what contains them: the id and the partition key. */
export function readPatch(body: OwnJson, protectedPaths: readonly Path[]): Patch {
  const list = Array.isArray(body) ? body : isObject(body) ? body["operations"] : undefined;
  const condition = isObject(body) ? body["condition"] : undefined;
  if (!Array.isArray(list) || list.length === 0) throw badRequest("A patch needs 'operations'.");
  if (list.length > MAX_OPERATIONS) {
    throw badRequest(`The number of patch operations can't exceed ${MAX_OPERATIONS}.`);
  }
  if (condition !== undefined && condition !== null && typeof condition !== "string") {
    throw badRequest("The 'condition' of a patch must be a string.");
  }
  const guarded = [...systemPaths, ...protectedPaths];
  const operations = list.map((entry, index) => readOperation(entry, index + 1, guarded));
  return { condition: condition ?? undefined, operations };
}

function readOperation(entry: OwnJson, number: number, guarded: readonly Path[]): PatchOperation {
  if (!isObject(entry)) throw problem(number, "is no object");
  const name = entry["op"];
  const op = typeof name === "string" ? operationNames.get(name) : undefined;
  if (op === undefined) throw notSupported(`Patch operation '${show(name)}'`);
  const path = readPath(entry["path"], number);
  const from = op === "move" ? readPath(entry["from"], number) : path;
  for (const used of [path, from]) {
    if (guarded.some((other) => overlaps(used, other))) {
      throw badRequest(`Operation(${number}): cannot patch '/${used.join("/")}'.`);
    }
  }
  if (from.length < path.length && overlaps(from, path)) {
    throw problem(number, "cannot move a value into itself");
  }
  return { op, path, from, value: readValue(op, entry["value"], number) };
}

function readValue(op: OperationName, value: OwnJson | undefined, number: number): OwnJson | undefined {
  if (op === "remove" || op === "move") return undefined;
  if (value === undefined) throw problem(number, "needs a 'value'");
  if (op === "incr" && typeof value !== "number") throw problem(number, "needs a number to add");
  return value;
}

function readPath(path: OwnJson | undefined, number: number): Path {
  if (typeof path !== "string" || !path.startsWith("/") || path === "/") {
    throw problem(number, "needs a path that begins with '/'");
  }
  return path
    .slice(1)
    .split("/")
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

const overlaps = (a: Path, b: Path): boolean =>
  a.slice(0, b.length).every((name, index) => name === b[index]);

const problem = (number: number, what: string): Error => badRequest(`For Operation(${number}): it ${what}.`);

/** Changes `document`. Throws a refusal if an operation does not fit. */
export function applyPatch(document: OwnJsonObject, operations: readonly PatchOperation[]): void {
  operations.forEach((operation, index) => applyOperation(document, operation, index + 1));
}

function applyOperation(
  document: OwnJsonObject,
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
  readonly parent: OwnJsonObject | OwnJson[];
  readonly name: string;
}

function placeOf(document: OwnJsonObject, path: Path, number: number): Place {
  let parent: Place["parent"] = document;
  for (const name of path.slice(0, -1)) {
    const child: OwnJson | undefined = valueAt({ parent, name });
    if (typeof child !== "object" || child === null) {
      throw problem(number, `names '/${path.join("/")}', whose parent does not exist`);
    }
    parent = child;
  }
  return { parent, name: path.at(-1)! };
}

function valueAt({ parent, name }: Place): OwnJson | undefined {
  if (Array.isArray(parent)) return /^\d+$/.test(name) ? parent[Number(name)] : undefined;
  return Object.hasOwn(parent, name) ? parent[name] : undefined;
}

function put({ parent, name }: Place, value: OwnJson, insert: boolean, number: number): void {
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

function takeAway(place: Place, number: number): OwnJson {
  const { parent, name } = place;
  const value = valueAt(place);
  if (value === undefined) throw problem(number, "names a path that does not exist");
  if (Array.isArray(parent)) parent.splice(Number(name), 1);
  else delete parent[name];
  return value;
}
