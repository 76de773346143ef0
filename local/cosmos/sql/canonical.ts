import type { Json } from "../json.ts";
import { spend } from "./work.ts";

/** One text for all values that are equal: JSON with the members of objects in the order of their names. */
export function canonicalText(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) {
    spend(value.length);
    return `[${value.map(canonicalText).join(",")}]`;
  }
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  spend(members.length);
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalText(member)}`).join(",")}}`;
}
