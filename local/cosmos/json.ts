export type Scalar = null | boolean | number | string;
export type Json = Scalar | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** JSON that belongs to whoever holds it: fresh from the parser. */
export type OwnJson = Scalar | OwnJson[] | OwnJsonObject;
export interface OwnJsonObject {
  [name: string]: OwnJson;
}

/** What an expression or a path yields: JSON, or nothing at all (Cosmos calls that `undefined`). */
export type Value = Json | undefined;

/** Throws a SyntaxError. */
export function parseJson(text: string): OwnJson {
  const value: OwnJson = JSON.parse(text);
  return value;
}

/** For text known to hold an object: what this endpoint has stored itself. */
export function parseStored(text: string): OwnJsonObject {
  const value: OwnJsonObject = JSON.parse(text);
  return value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export const isOwnObject = (value: OwnJson): value is OwnJsonObject => isObject(value);

/** A value as text for a message. */
export const show = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value) ?? "undefined");

/** Own properties only: a document cannot reach `constructor` or `__proto__` through a path. */
export function property(value: Value, name: string): Value {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Walks object properties; an array or a scalar on the way yields nothing. */
export function atPath(value: Value, path: readonly string[]): Value {
  let found = value;
  for (const name of path) {
    if (found === undefined) return undefined;
    found = property(found, name);
  }
  return found;
}

/** Does a value nest deeper than `levels`? Objects and arrays count. Looks no deeper than that itself. */
export function nestsDeeperThan(value: Value, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (levels === 0) return true;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof member === "object" && member !== null && nestsDeeperThan(member, levels - 1)) return true;
  }
  return false;
}
