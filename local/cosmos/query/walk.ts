import type { Container } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import { canBeIndexed, isIncluded, type IndexField } from "../store/index-paths.ts";
import type { Query } from "../sql/ast.ts";
import type { Evaluate } from "../sql/evaluate.ts";
import { compile } from "../sql/evaluate.ts";
import { invalidQuery } from "../sql/query-error.ts";
import { chooseIndex, wishedIndex, type IndexChoice, type IndexQuestion } from "./choose-index.ts";
import { conditionsOf, pathOf, type PathCondition } from "./conditions.ts";
import { shapeOf, type Directions, type Position } from "./position.ts";
import type { BoundQuery } from "./query-text.ts";
import { impliedConditions, type ItemScope } from "./scope.ts";
import { hasKeyScope, idSource, indexSource, keySource, tableSource, type SourceRow } from "./sources.ts";

/** How the items of a query are found: in the order of the result already, or to be sorted by `sortBy`. */
export interface Walk {
  /** Identifies the order, for continuation tokens. */
  readonly shape: string;
  readonly sortBy: readonly Evaluate[];
  /** The index that would spare looking at so many items, if the policy allows one. */
  readonly wish: readonly IndexField[] | undefined;
  readonly directions: Directions;
  items(after: Position | undefined): Iterable<SourceRow>;
}

export function planWalk(
  store: Store,
  container: Container,
  scope: ItemScope,
  bound: BoundQuery,
  continuation?: string,
): Walk {
  const { query } = bound;
  const orderBy = orderFields(container, bound);
  const implied = impliedConditions(container, scope);
  const own = conditionsOf(query, bound.scope);
  const conditions = new Map([...own, ...implied].map((condition) => [condition.path, condition]));
  const usable = [...conditions.values()];
  const question: IndexQuestion = {
    conditions,
    impliedPaths: new Set(implied.map(({ path }) => path)),
    hasKey: hasKeyScope(container, scope),
    orderBy: orderBy ?? [],
  };
  const request = { store, container, scope, conditions: usable, continuation };
  const wish = wishedIndex(container, question);
  const served = orderBy === undefined ? undefined : chooseIndex(container, question);
  if (served !== undefined || query.orderBy.length === 0) {
    return { ...streaming(request, served), wish, sortBy: [], directions: { keys: [], newestFirst: false } };
  }
  const filter = chooseIndex(container, { ...question, orderBy: [] });
  const source = streaming(request, filter);
  return {
    shape: `sort ${query.orderBy.length}`,
    wish,
    sortBy: query.orderBy.map(({ expression }) => compile(expression, bound.select.scope)),
    directions: {
      keys: query.orderBy.map(({ descending }) => descending),
      newestFirst: query.orderBy.some(({ descending }) => descending),
    },
    items: () => source.items(undefined),
  };
}

interface WalkRequest {
  readonly store: Store;
  readonly container: Container;
  readonly scope: ItemScope;
  readonly conditions: readonly PathCondition[];
  readonly continuation: string | undefined;
}

function streaming(request: WalkRequest, choice: IndexChoice | undefined): Pick<Walk, "shape" | "items"> {
  if (choice !== undefined) {
    const { fields, newestFirst } = choice.order;
    const order = fields.map(({ path, descending }) => `${path}${descending ? "-" : "+"}`);
    return {
      shape: `index ${order.join(" ")} ${newestFirst ? "-" : "+"}`,
      items: (after) => indexSource({ ...request, after }, choice),
    };
  }
  if (!hasKeyScope(request.container, request.scope)) {
    return { shape: "creation", items: (after) => tableSource({ ...request, after }) };
  }
  // A walk that was begun by id goes on by id, however few items are left.
  const byId = request.continuation !== undefined && shapeOf(request.continuation) === BY_ID;
  const listed = byId ? undefined : keySource({ ...request, after: undefined });
  if (listed === undefined) return { shape: BY_ID, items: (after) => idSource({ ...request, after }) };
  return {
    shape: "creation",
    items: (after) => (after === undefined ? listed : (keySource({ ...request, after }) ?? [])),
  };
}

const BY_ID = "id";

/** The ORDER BY as paths; undefined if an item is no indexed path and only a sort can serve it. */
function orderFields(container: Container, { query }: BoundQuery): readonly IndexField[] | undefined {
  const fields = query.orderBy.map(({ expression, descending }) => ({
    path: pathOf(expression, query.alias) ?? "",
    descending,
  }));
  if (query.orderBy.length > 1) requireComposite(container, fields);
  if (!fields.every(({ path }) => path !== "")) return undefined;
  requireIncluded(container, query, fields);
  return fields;
}

/** The service sorts by what it has indexed, and by nothing else. */
function requireIncluded(container: Container, query: Query, fields: readonly IndexField[]): void {
  const policy = container.properties["indexingPolicy"];
  fields.forEach(({ path }, at) => {
    if (fields.length > 1 || isIncluded(policy, path) || !canBeIndexed(path)) return;
    throw invalidQuery(
      "The order-by item requires a range index to be defined on the corresponding index path.",
      query.orderBy[at]!.expression,
    );
  });
}

/** The service serves an order by several paths from a composite index only. */
function requireComposite(container: Container, wanted: readonly IndexField[]): void {
  const fits = container.composites.some((fields) => {
    if (fields.length !== wanted.length) return false;
    const flips = fields.map((field, index) => field.descending !== wanted[index]!.descending);
    return fields.every((field, index) => field.path === wanted[index]!.path) && new Set(flips).size === 1;
  });
  if (!fits) {
    throw invalidQuery(
      "The order by query does not have a corresponding composite index that it can be served from.",
    );
  }
}
