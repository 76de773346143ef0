import type { Expression, Query } from "./ast.ts";
import { invalidOrder } from "./query-error.ts";

/** The service sorts by what it can index: paths into the document, and nothing that is computed or joined. */
export function requireOrderPaths({ orderBy, sources }: Query): void {
  for (const { expression } of orderBy) {
    const name = rootOf(expression);
    if (name === undefined) {
      throw invalidOrder(
        "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped to a document path.",
        expression,
      );
    }
    const source = sources.findIndex(({ alias }) => alias === name);
    if (source > 0 || sources[source]?.each === true) {
      throw invalidOrder("Order-by over correlated collections is not supported.", expression);
    }
  }
}

/** The name that a path begins with; undefined for anything but a path. */
function rootOf(expression: Expression): string | undefined {
  let root = expression;
  while (root.kind === "member" && root.property.kind === "literal") root = root.object;
  return root.kind === "name" ? root.name : undefined;
}
