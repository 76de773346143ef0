import type { NewRule } from "./rule.ts";

type Stored = Omit<NewRule, "name">;

/** A rule's filter and action as they are kept on disk. */
export const storedRule = ({ filter, action }: Stored): string => JSON.stringify({ filter, action });

/** The first version kept the filter alone. */
export function readStoredRule(json: string): Stored {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this broker in one of these shapes
  const stored = JSON.parse(json) as Stored | NewRule["filter"];
  return "kind" in stored ? { filter: stored } : stored;
}
