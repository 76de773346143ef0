import { deflateRawSync, inflateRawSync } from "node:zlib";
import { badRequest } from "../refusal.ts";
import { compareText } from "../sql/compare.ts";
import type { SqlPart } from "./scope.ts";

/**
 * A place in an ordered result: the sort keys of the last item sent, and its row number. Such a token survives
 * writes between pages, which a count of items would not.
 */
export interface Position {
  readonly keys: readonly (string | null)[];
  readonly seq: number;
  /** Which of the rows that a JOIN makes of the item; the first if absent. */
  readonly row?: number;
}

/** What a continuation token holds: where to go on, and how much of TOP or OFFSET/LIMIT is left. */
export interface Continuation {
  /** Which walk the position belongs to; another index, another order, another meaning. */
  readonly shape: string;
  /** Go on behind it; null = from the beginning. */
  readonly position: Position | null;
  /** The rows of the next item that were sent already: a JOIN makes several of one item. */
  readonly partial: { readonly seq: number; readonly rows: number } | null;
  readonly skip: number;
  readonly left: number | null;
}

/** Tokens travel in a header, and neither client nor server take more than 16 KB of headers. */
const MAX_TOKEN_CHARACTERS = 12 * 1024;
/** Marks a token that was compressed; no character of base64url. */
const COMPRESSED = "~";
/** An item has two megabytes at most, and so have all sort keys of one. */
const MAX_TOKEN_BYTES = 8 * 1024 * 1024;

/** Throws a refusal if the values of the order are so long that no header can hold them. */
export function writeToken(continuation: Continuation): string {
  const json = JSON.stringify(continuation);
  const plain = Buffer.from(json, "utf8").toString("base64url");
  if (plain.length <= MAX_TOKEN_CHARACTERS) return plain;
  const compressed = COMPRESSED + deflateRawSync(json).toString("base64url");
  if (compressed.length <= MAX_TOKEN_CHARACTERS) return compressed;
  throw badRequest(
    "The values that order the results are too long for a continuation token; ask for all results in one page.",
  );
}

function parseToken(token: string): Continuation {
  const bytes = Buffer.from(token.startsWith(COMPRESSED) ? token.slice(1) : token, "base64url");
  const json = token.startsWith(COMPRESSED)
    ? inflateRawSync(bytes, { maxOutputLength: MAX_TOKEN_BYTES })
    : bytes;
  const value: Continuation = JSON.parse(json.toString("utf8"));
  return value;
}

/** The walk that a token belongs to; undefined if it is malformed. */
export function shapeOf(token: string): string | undefined {
  try {
    return parseToken(token).shape;
  } catch {
    return undefined;
  }
}

export function readToken(token: string, shape: string): Continuation {
  try {
    const value = parseToken(token);
    const { position, partial } = value;
    const sound =
      value.shape === shape &&
      (position === null || isPosition(position)) &&
      (partial === null || (Number.isSafeInteger(partial.seq) && Number.isSafeInteger(partial.rows))) &&
      Number.isSafeInteger(value.skip) &&
      (value.left === null || Number.isSafeInteger(value.left));
    if (sound) return value;
  } catch {
    // Falls through to the refusal.
  }
  throw badRequest("The continuation token is malformed or belongs to another query.");
}

const isPosition = ({ keys, seq, row }: Position): boolean =>
  Array.isArray(keys) &&
  keys.every((key) => key === null || typeof key === "string") &&
  Number.isSafeInteger(seq) &&
  Number.isSafeInteger(row ?? 0);

/** Nothing sorts before everything. */
export function compareKeys(a: string | null, b: string | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return compareText(a, b);
}

/** Which of the keys, and whether the row numbers, go downwards. */
export interface Directions {
  readonly keys: readonly boolean[];
  readonly newestFirst: boolean;
}

export function comparePositions(a: Position, b: Position, directions: Directions): number {
  const { keys, newestFirst } = directions;
  for (let index = 0; index < keys.length; index++) {
    const order = compareKeys(a.keys[index]!, b.keys[index]!);
    if (order !== 0) return keys[index] ? -order : order;
  }
  if (a.seq !== b.seq) return newestFirst ? b.seq - a.seq : a.seq - b.seq;
  return (a.row ?? 0) - (b.row ?? 0);
}

export interface PositionColumn {
  readonly column: string;
  readonly descending: boolean;
}

/** SQL for "behind this position": (a beyond) or (a equal and b beyond) … or (all equal and seq beyond). */
export function behind(
  columns: readonly PositionColumn[],
  seqColumn: string,
  newestFirst: boolean,
  position: Position,
): SqlPart {
  const values: (string | number)[] = [];
  const alternatives = Array.from({ length: columns.length + 1 }, (_, depth) => {
    const parts = columns.slice(0, depth).map(({ column }, index) => {
      values.push(position.keys[index] ?? "");
      return `${column} = ?`;
    });
    const last = columns[depth];
    if (last === undefined) parts.push(`${seqColumn} ${newestFirst ? "<" : ">"} ?`);
    else parts.push(`${last.column} ${last.descending ? "<" : ">"} ?`);
    values.push(last === undefined ? position.seq : (position.keys[depth] ?? ""));
    return `(${parts.join(" AND ")})`;
  });
  return { sql: `(${alternatives.join(" OR ")})`, values };
}
