import type { OutputBinding } from "../app/io-bindings.ts";
import type { InvocationResponse, TypedData } from "../worker/wire.ts";
import { plainValue } from "./output-values.ts";

/** What goes to which output, by lower-case name. */
export type OutputValues = ReadonlyMap<string, TypedData>;

/**
 * `context.extraOutputs`, and the returned value: that of a `return` binding is its own; without one, and unless http takes it, **an
 * object that is returned is taken apart: its keys name output bindings**, and go before what extraOutputs said.
 */
export function outputValues(
  { outputData = [], returnValue }: InvocationResponse,
  outputs: readonly OutputBinding[],
): OutputValues {
  const values = new Map<string, TypedData>();
  for (const { name, data } of outputData) values.set(name.toLowerCase(), data);
  if (returnValue === undefined || returnValue === null || returnValue.http !== undefined) return values;
  if (outputs.some(({ name }) => name === "$return")) {
    values.set("$return", returnValue);
    return values;
  }
  for (const [name, value] of Object.entries(objectIn(returnValue))) {
    values.set(name.toLowerCase(), typedData(value));
  }
  return values;
}

function objectIn(data: TypedData): Record<string, unknown> {
  const value = data.json === undefined ? undefined : plainValue(data);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

const typedData = (value: unknown): TypedData =>
  typeof value === "string" ? { string: value } : { json: JSON.stringify(value ?? null) };
