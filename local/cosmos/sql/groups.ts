import type { Value } from "../json.ts";
import { badRequest } from "../refusal.ts";
import { makeAccumulator, type Accumulator } from "./aggregate.ts";
import type { Expression, Query } from "./ast.ts";
import { canonicalText } from "./canonical.ts";
import { compile, type Evaluate, type Row, type Scope } from "./evaluate.ts";
import { mapChildren } from "./map-children.ts";
import { invalidQuery } from "./query-error.ts";

/** More are refused: they are held in memory until the last item is seen. */
const MAX_GROUPS = 200_000;

export interface GroupResult {
  /** Identifies and orders the group; survives as a place to go on from. */
  readonly key: string;
  readonly value: Value;
}

/** Rows go in, one result per group comes out. Without GROUP BY there is one group, even of no rows. */
export interface Groups {
  add(row: Row): void;
  /** In the order of the keys. */
  results(): readonly GroupResult[];
}

interface Group {
  readonly values: readonly Value[];
  readonly accumulators: readonly Accumulator[];
}

export function makeGroups(query: Query, selected: Expression, scope: Scope): Groups {
  const keys = query.groupBy.map((expression) => compile(expression, scope));
  const fed: { readonly name: Aggregate["name"]; readonly operand: Evaluate }[] = [];
  let current: Group;
  const aggregate = (node: Aggregate): Evaluate => {
    const index = fed.push({ name: node.name, operand: compile(node.operand, scope) }) - 1;
    return () => current.accumulators[index]!.result();
  };
  const rewritten = replaceKeys(selected, query);
  const project = compile(rewritten.expression, {
    ...scope,
    names: rewritten.names,
    aggregate,
    frame: { slots: Math.max(scope.frame.slots, query.groupBy.length) },
  });
  const newGroup = (values: readonly Value[]): Group => ({
    values,
    accumulators: fed.map(({ name }) => makeAccumulator(name)),
  });
  const groups = new Map<string, Group>();
  if (keys.length === 0) groups.set("", newGroup([]));
  return {
    add(row) {
      const values = keys.map((key) => key(row));
      const key = keys.length === 0 ? "" : values.map(keyText).join(",");
      let group = groups.get(key);
      if (group === undefined) {
        if (groups.size >= MAX_GROUPS) throw badRequest(`The query makes more than ${MAX_GROUPS} groups.`);
        group = newGroup(values);
        groups.set(key, group);
      }
      for (const [index, { operand }] of fed.entries()) group.accumulators[index]!.add(operand(row));
    },
    results: () =>
      [...groups.keys()].toSorted().map((key) => {
        current = groups.get(key)!;
        return { key, value: project([...current.values]) };
      }),
  };
}

const keyText = (value: Value): string => (value === undefined ? "" : canonicalText(value));

type Aggregate = Expression & { readonly kind: "aggregate" };

/** A name that no query can write. */
const keyName = (index: number): string => `(key ${index})`;

/** The selection with the expressions of GROUP BY replaced by names; nothing else of a row may be left in it. */
function replaceKeys(
  selected: Expression,
  query: Query,
): { readonly expression: Expression; readonly names: ReadonlyMap<string, number> } {
  const visit = (node: Expression): Expression => {
    const index = query.groupBy.findIndex((key) => isSame(key, node));
    if (index >= 0) return { kind: "name", name: keyName(index), start: node.start, end: node.end };
    if (node.kind === "aggregate") return node;
    if (node.kind === "name" || node.kind === "subquery") {
      throw invalidQuery(
        "Property reference is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.",
        node,
      );
    }
    return mapChildren(node, visit);
  };
  const names = new Map(query.groupBy.map((_expression, index) => [keyName(index), index]));
  return { expression: visit(selected), names };
}

/** Two expressions are the same when they are written the same but for their place. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every(
      (name) => name === "start" || name === "end" || isSame(Reflect.get(a, name), Reflect.get(b, name)),
    )
  );
}
