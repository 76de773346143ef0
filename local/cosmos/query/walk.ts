import type { Container } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import type { IndexField } from "../store/index-paths.ts";
import type { Evaluate } from "../sql/evaluate.ts";
import { compile } from "../sql/evaluate.ts";
import { invalidQuery } from "../sql/query-error.ts";
import { chooseIndex, type IndexChoice, type IndexQuestion } from "./choose-index.ts";
import { conditionsOf, pathOf, type PathCondition } from "./conditions.ts";
import type { Directions, Position } from "./position.ts";
import type { BoundQuery } from "./query-text.ts";
import { impliedConditions, type ItemScope } from "./scope.ts";
import { columnOf, hasKeyScope, indexSource, keySource, tableSource, type SourceRow } from "./sources.ts";

/** How the items of a query are found: in the order of the result already, or to be sorted by `sortBy`. */
export interface Walk {
  /** Identifies the order, for continuation tokens. */
  readonly shape: string;
  readonly sortBy: readonly Evaluate[];
  readonly directions: Directions;
  items(after: Position | undefined): Iterable<SourceRow>;
}

export function planWalk(store: Store, container: Container, scope: ItemScope, bound: BoundQuery): Walk {
  const { query } = bound;
  const orderBy = orderFields(container, bound);
  const implied = impliedConditions(container, scope);
  const own = conditionsOf(query, bound.scope);
  const conditions = new Map([...own, ...implied].map((condition) => [condition.path, condition]));
  const usable = [...conditions.values()];
  const question: IndexQuestion = {
    conditions: new Map(usable.filter(({ path }) => columnOf(container, path)).map((c) => [c.path, c])),
    impliedPaths: new Set(implied.map(({ path }) => path)),
    hasKey: hasKeyScope(container, scope),
    orderBy: orderBy ?? [],
  };
  const request = { store, container, scope, conditions: usable };
  const served = orderBy === undefined ? undefined : chooseIndex(container, question);
  if (served !== undefined || query.orderBy.length === 0) {
    return { ...streaming(request, served), sortBy: [], directions: { keys: [], newestFirst: false } };
  }
  const filter = chooseIndex(container, { ...question, orderBy: [] });
  const source = streaming(request, filter);
  return {
    shape: `sort ${query.orderBy.length}`,
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
  const source = hasKeyScope(request.container, request.scope) ? keySource : tableSource;
  return { shape: "creation", items: (after) => source({ ...request, after }) };
}

/** The ORDER BY as paths; undefined if an item is no indexed path and only a sort can serve it. */
function orderFields(container: Container, { query }: BoundQuery): readonly IndexField[] | undefined {
  const fields = query.orderBy.map(({ expression, descending }) => ({
    path: pathOf(expression, query.alias) ?? "",
    descending,
  }));
  if (query.orderBy.length > 1) requireComposite(container, fields);
  return fields.every(({ path }) => path !== "" && columnOf(container, path) !== undefined)
    ? fields
    : undefined;
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
