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

/** The groups whose first worker is started before it is known what the app holds. */
export const seedGroups = (grouping: Grouping): readonly string[] =>
  grouping === "http-and-rest" ? ["http", "background"] : [grouping === "app" ? "app" : "http"];
