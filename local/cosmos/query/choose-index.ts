import type { Container } from "../store/container.ts";
import { canBeIndexed, isIncluded, type IndexField, type ItemIndex } from "../store/index-paths.ts";
import type { IndexTable } from "../store/index-table.ts";
import { isEquality, type PathCondition } from "./conditions.ts";

/** The order of a walk: by paths, and for equal values by creation. */
export interface WalkOrder {
  readonly fields: readonly IndexField[];
  /** Newest first among equals. */
  readonly newestFirst: boolean;
}

/** An index to walk, and the order in which its items come behind the paths fixed by equality. */
export interface IndexChoice {
  readonly index: IndexTable;
  readonly order: WalkOrder;
}

export interface IndexQuestion {
  /** By path; those implied by the partition key included. */
  readonly conditions: ReadonlyMap<string, PathCondition>;
  readonly impliedPaths: ReadonlySet<string>;
  readonly hasKey: boolean;
  readonly orderBy: readonly IndexField[];
}

let uses = 0;

/**
 * The best index, or undefined when walking the scope itself is better: an index must serve the order if there is
 * one, and otherwise narrow the search by more than the partition key does.
 */
export function chooseIndex(container: Container, question: IndexQuestion): IndexChoice | undefined {
  let best: IndexChoice | undefined;
  let bestScore = 0;
  for (const index of container.table.indexes) {
    const judged = index.ready ? judge(index, question) : undefined;
    if (judged !== undefined && judged.score > bestScore) {
      best = { index, order: judged.order };
      bestScore = judged.score;
    }
  }
  if (best !== undefined) best.index.lastUse = ++uses;
  return best;
}

type Judgement = { readonly score: number; readonly order: WalkOrder } | undefined;

function judge({ fields, sparse }: ItemIndex, question: IndexQuestion): Judgement {
  const { conditions, hasKey, orderBy } = question;
  if (sparse && !conditions.has(fields[0]!.path)) return undefined;
  const fixed = leadingEqualities(fields, conditions);
  const rest = fields.slice(fixed.length);
  const narrows = rest[0] !== undefined && conditions.has(rest[0].path) ? 1 : 0;
  const score = 2 * fixed.filter(({ path }) => !question.impliedPaths.has(path)).length + narrows;
  // A walk over everybody's items, to find those of one key, may be longer than all items of the key.
  if (hasKey && fixed.length === 0) return undefined;
  if (orderBy.length === 0) return score > 0 ? { score, order: walkOrder(rest) } : undefined;
  const order = serve(
    rest,
    orderBy.filter(({ path }) => !isFixed(conditions.get(path))),
  );
  return order === undefined
    ? undefined
    : { score: score + 1, order: { ...walkOrder(orderBy), fields: order } };
}

function leadingEqualities(
  fields: readonly IndexField[],
  conditions: IndexQuestion["conditions"],
): readonly IndexField[] {
  const end = fields.findIndex(({ path }) => !isFixed(conditions.get(path)));
  return end < 0 ? fields : fields.slice(0, end);
}

const isFixed = (condition: PathCondition | undefined): boolean =>
  condition !== undefined && isEquality(condition);

/** Do the fields, forwards or backwards, begin with the wanted order? */
function serve(
  fields: readonly IndexField[],
  wanted: readonly IndexField[],
): readonly IndexField[] | undefined {
  if (wanted.length > fields.length) return undefined;
  if (!wanted.every(({ path }, index) => fields[index]!.path === path)) return undefined;
  const flips = wanted.map((field, index) => field.descending !== fields[index]!.descending);
  if (new Set(flips).size > 1) return undefined;
  const flip = flips[0] ?? false;
  return fields
    .slice(0, wanted.length)
    .map(({ path, descending }) => ({ path, descending: descending !== flip }));
}

/**
 * Clients that resume an ordered query expect equal values newest first as soon as one path is descending (read in
 * @azure/cosmos 4.10.1, RidSkipCountFilter); indexes are laid out for it.
 */
export const walkOrder = (fields: readonly IndexField[]): WalkOrder => ({
  fields,
  newestFirst: fields.some(({ descending }) => descending),
});

/**
 * The index that would spare this query its scan: equalities first, then the order or one range. Undefined when the
 * policy leaves one of the paths out, or when there is nothing an index could do.
 */
export function wishedIndex(
  container: Container,
  question: IndexQuestion,
): readonly IndexField[] | undefined {
  const { conditions, impliedPaths, orderBy } = question;
  const usable = [...conditions.values()].filter(({ path }) => mayIndex(container, path));
  const equalities = usable.filter(isEquality).map(({ path }) => path);
  const implied = equalities.filter((path) => impliedPaths.has(path));
  const own = equalities.filter((path) => !impliedPaths.has(path)).toSorted();
  const fixed = [...implied, ...own].slice(0, MAX_FIXED);
  const [order] = orderBy.length === 1 ? orderBy : [];
  const range = usable.find((condition) => !isEquality(condition))?.path;
  const last =
    order !== undefined && mayIndex(container, order.path)
      ? order
      : range === undefined
        ? undefined
        : { path: range, descending: false };
  const fields = [
    ...fixed.map((path) => ({ path, descending: false })),
    ...(last === undefined || fixed.includes(last.path) ? [] : [last]),
  ];
  return fields.some(({ path }) => !impliedPaths.has(path)) ? fields : undefined;
}

const MAX_FIXED = 3;

const mayIndex = (container: Container, path: string): boolean =>
  canBeIndexed(path) && isIncluded(container.properties["indexingPolicy"], path);
