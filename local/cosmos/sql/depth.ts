import { syntaxError } from "./query-error.ts";

/** Chains like `1+1+1+…` nest as deeply as parentheses do; what walks a syntax tree does so by recursion. */
const MAX_DEPTH = 500;

/** Refuses a syntax tree that is too deep to walk. Does not recurse itself. */
export function checkDepth(tree: object): void {
  let level: object[] = [tree];
  for (let depth = 0; level.length > 0; depth++) {
    // An expression is one level of the tree, or two when it stands in a list.
    if (depth > 2 * MAX_DEPTH) throw syntaxError(`the query nests more than ${MAX_DEPTH} levels deep`, 0, 0);
    const next: object[] = [];
    for (const node of level) {
      for (const child of Object.values(node)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
}
