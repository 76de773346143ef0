import { atPath, isObject, property, show, type JsonObject, type Value } from "../json.ts";
import { badRequest, notSupported } from "../refusal.ts";
import type { KeyKind, KeyPart } from "./effective-key.ts";

/** The `partitionKey` of a container as clients send it. */
export interface KeyDefinition {
  readonly paths: readonly string[];
  readonly kind: "Hash" | "MultiHash";
  readonly version: 1 | 2;
}

export const MAX_LEVELS = 3;

export function readKeyDefinition(value: Value): KeyDefinition {
  const paths = readPaths(property(value, "paths"));
  const kind = property(value, "kind") ?? (paths.length > 1 ? "MultiHash" : "Hash");
  const version = property(value, "version") ?? (kind === "MultiHash" ? 2 : 1);
  if (version !== 1 && version !== 2) throw notSupported(`Partition key version '${show(version)}'`);
  if (kind === "Hash") {
    if (paths.length > 1) throw badRequest("A partition key of kind 'Hash' has exactly one path.");
    return { paths, kind, version };
  }
  if (kind !== "MultiHash") throw notSupported(`Partition key kind '${show(kind)}'`);
  if (version !== 2 || paths.length > MAX_LEVELS) {
    throw badRequest(`A hierarchical partition key has version 2 and at most ${MAX_LEVELS} paths.`);
  }
  return { paths, kind, version };
}

const isPath = (path: Value): boolean => typeof path === "string" && path.startsWith("/") && path.length > 1;

function readPaths(paths: Value): readonly string[] {
  if (!Array.isArray(paths) || paths.length === 0 || !paths.every(isPath)) {
    throw badRequest("The partition key definition needs 'paths', each beginning with '/'.");
  }
  return paths.map(show);
}

export function kindOf(definition: KeyDefinition): KeyKind {
  if (definition.kind === "MultiHash") return "hierarchical";
  return definition.version === 2 ? "v2" : "v1";
}

/** `/a/b` and `/a/"b c"` to the names on the way; a trailing `/?` or `/*` of an index path is dropped. */
export function splitPath(path: string): readonly string[] {
  const names: string[] = [];
  for (const [, quoted, plain] of path.matchAll(/\/(?:"((?:[^"\\]|\\.)*)"|([^/]*))/g)) {
    const name = quoted ?? plain ?? "";
    if (quoted === undefined && (name === "?" || name === "*")) continue;
    names.push(name);
  }
  return names;
}

/** The key of a document: undefined for a missing part. Objects and arrays cannot be keys. */
export function keyOf(document: JsonObject, paths: readonly (readonly string[])[]): readonly KeyPart[] {
  return paths.map((path) => {
    const value = atPath(document, path);
    if (typeof value === "object" && value !== null) {
      throw badRequest("A partition key value must be a string, a number, a boolean or null.");
    }
    return value;
  });
}

/** One text per key, the same for equal keys: a JSON array in which `{}` stands for a missing part. */
export function keyText(parts: readonly KeyPart[]): string {
  if (parts.length === 1 && typeof parts[0] === "string") return `[${JSON.stringify(parts[0])}]`;
  return JSON.stringify(parts.map((part) => (part === undefined ? {} : part)));
}

/** Reads the `x-ms-documentdb-partitionkey` header or the `partitionKey` of a batch operation. */
export function parseKey(text: string): readonly KeyPart[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest(`Partition key ${text} is not valid JSON.`);
  }
  if (!Array.isArray(value)) throw badRequest(`Partition key ${text} is not an array.`);
  return value.map((part: unknown) => {
    if (part === null || typeof part === "string" || typeof part === "number" || typeof part === "boolean") {
      return part;
    }
    if (isObject(part) && Object.keys(part).length === 0) return undefined;
    throw badRequest(`Partition key ${text} holds an object or an array.`);
  });
}

/** The texts of all keys that begin with `parts` lie in [from, below). */
export function prefixBounds(parts: readonly KeyPart[]): { readonly from: string; readonly below: string } {
  const open = keyText(parts).slice(0, -1);
  return { from: `${open},`, below: `${open}-` };
}
