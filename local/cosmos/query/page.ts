import { itemText } from "../items/item-text.ts";
import type { Container } from "../store/container.ts";
import type { Store } from "../store/store.ts";
import type { Row } from "../sql/evaluate.ts";
import { isWholeDocument } from "../sql/select.ts";
import { checkValue } from "../sql/work.ts";
import { readToken, writeToken, type Continuation, type Position } from "./position.ts";
import type { BoundQuery } from "./query-text.ts";
import type { ItemScope } from "./scope.ts";
import type { SourceRow } from "./sources.ts";

export interface QueryRequest {
  readonly store: Store;
  readonly container: Container;
  readonly scope: ItemScope;
  readonly bound: BoundQuery;
  readonly pageSize: number;
  readonly continuation: string | undefined;
}

export interface QueryPage {
  /** JSON texts. */
  readonly results: readonly string[];
  readonly continuation: string | undefined;
  /** How many items were looked at; the request charge grows with it. */
  readonly looked: number;
}

/** Where a page begins. */
export interface PageStart {
  readonly after: Position | undefined;
  readonly partial: Continuation["partial"];
  readonly skip: number;
  /** How many results may still follow; Infinity without a limit. */
  readonly left: number;
}

export function startOf(bound: BoundQuery, continuation: string | undefined, shape: string): PageStart {
  if (continuation === undefined) {
    return { after: undefined, partial: null, skip: bound.offset, left: bound.limit ?? Infinity };
  }
  const { position, partial, skip, left } = readToken(continuation, shape);
  return { after: position ?? undefined, partial, skip, left: left ?? Infinity };
}

export function tokenOf(shape: string, { after, partial, skip, left }: PageStart): string {
  const position = after === undefined ? null : { keys: after.keys, seq: after.seq, row: after.row ?? 0 };
  return writeToken({ shape, position, partial, skip, left: left === Infinity ? null : left });
}

/** The result of a row as JSON text; undefined when SELECT VALUE yields nothing. */
export function makeWriter({ container, bound }: QueryRequest): {
  readonly needsDocument: boolean;
  readonly write: (item: SourceRow, row: Row) => string | undefined;
} {
  if (isWholeDocument(bound.query)) {
    return { needsDocument: false, write: (item) => itemText(container, item) };
  }
  const { project } = bound.select;
  const write = (_item: SourceRow, row: Row): string | undefined => {
    const value = project(row);
    checkValue(value);
    return value === undefined ? undefined : JSON.stringify(value);
  };
  return { needsDocument: true, write };
}
