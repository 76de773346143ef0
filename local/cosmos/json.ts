export type Scalar = null | boolean | number | string;
export type Json = Scalar | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** What an expression or a path yields: JSON, or nothing at all (Cosmos calls that `undefined`). */
export type Value = Json | undefined;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

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
