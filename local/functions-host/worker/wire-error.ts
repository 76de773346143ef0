import { inspect } from "node:util";
import type { WireError } from "./wire.ts";

/** Makes whatever was thrown fit to cross a process border. */
export function toWireError(thrown: unknown): WireError {
  if (thrown instanceof Error) {
    const { name, message, stack } = thrown;
    const whole = { name, message };
    return stack === undefined ? whole : { ...whole, stack };
  }
  if (thrown === undefined || thrown === null) return { name: "Error", message: "Unknown error" };
  return { name: "Error", message: typeof thrown === "string" ? thrown : asJson(thrown) };
}

/** The real worker's way with what is no Error, except that it has no answer for what JSON cannot say. */
function asJson(thrown: unknown): string {
  try {
    const json: string | undefined = JSON.stringify(thrown);
    return json ?? inspect(thrown);
  } catch {
    return inspect(thrown);
  }
}
