import { keyText, prefixBounds } from "../partition/key.ts";
import type { KeyPart } from "../partition/effective-key.ts";
import type { Container } from "../store/container.ts";
import { sortKey } from "../store/sort-key.ts";
import type { PathCondition } from "./conditions.ts";

/** Which items a query, a feed or a scan is about. */
export interface ItemScope {
  /** A whole partition key, or the first levels of a hierarchical one. */
  readonly key?: readonly KeyPart[];
  /** Index of a key range. */
  readonly range?: number;
  /** Effective keys that narrow the range. */
  readonly part?: { readonly from: string; readonly below: string };
}

/** SQL text and the values for its marks. */
export interface SqlPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

export const isPrefix = (container: Container, key: readonly KeyPart[]): boolean =>
  key.length < container.keyPaths.length;

/** The scope as conditions on the table's columns; `pk` is written so that it uses no index where asked. */
export function scopeConditions(container: Container, scope: ItemScope, hidePk: boolean): readonly SqlPart[] {
  const parts: SqlPart[] = [];
  const pk = hidePk ? "+pk" : "pk";
  if (scope.key !== undefined && !isPrefix(container, scope.key)) {
    parts.push({ sql: `${pk} = ?`, values: [keyText(scope.key)] });
  } else if (scope.key !== undefined && scope.key.length > 0) {
    const { from, below } = prefixBounds(scope.key);
    parts.push({ sql: `${pk} >= ? AND ${pk} < ?`, values: [from, below] });
  }
  return [...parts, ...rangeConditions(container, scope)];
}

export function rangeConditions(container: Container, { range, part }: ItemScope): readonly SqlPart[] {
  const parts: SqlPart[] = [];
  if (range !== undefined && container.ranges.length > 1) parts.push({ sql: "range = ?", values: [range] });
  if (part !== undefined) {
    parts.push({ sql: "lies_within(?, pk, ?, ?)", values: [container.kind, part.from, part.below] });
  }
  return parts;
}

/** What a partition key says about the paths it is made of. */
export function impliedConditions(container: Container, scope: ItemScope): readonly PathCondition[] {
  return (scope.key ?? []).flatMap((part, index) => {
    const key = part === undefined ? null : sortKey(part);
    if (key === null) return [];
    const path = container.keyPaths[index]!.map((name) => `/${name}`).join("");
    return [{ path, from: key, fromIncluded: true, to: key, toIncluded: true }];
  });
}

export const unexpired = (container: Container, nowSeconds: number): readonly SqlPart[] =>
  container.defaultTtl === undefined
    ? []
    : [{ sql: "(expires IS NULL OR expires > ?)", values: [nowSeconds] }];

export const joinConditions = (parts: readonly SqlPart[]): SqlPart => ({
  sql: parts.length === 0 ? "" : ` WHERE ${parts.map((part) => part.sql).join(" AND ")}`,
  values: parts.flatMap((part) => part.values),
});
