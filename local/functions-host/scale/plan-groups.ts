import type { IndexedFunction } from "../app/index-functions.ts";
import type { Grouping } from "./scale-settings.ts";

/** Whose instances run a function. */
export function groupOf({ name, trigger }: IndexedFunction, grouping: Grouping): string {
  if (grouping === "app") return "app";
  if (trigger === "http") return "http";
  return grouping === "function" ? `function:${name}` : "background";
}

export function planGroups(
  functions: readonly IndexedFunction[],
  grouping: Grouping,
): ReadonlyMap<string, readonly IndexedFunction[]> {
  return Map.groupBy(functions, (each) => groupOf(each, grouping));
}
