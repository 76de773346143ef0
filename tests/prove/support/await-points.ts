import { parseSync } from "@swc/core";

/** One `await` of the source, by file, line and column: `shared/use-cases/accept-order.ts:41:26`. */
export interface AwaitPoint {
  readonly id: string;
  /** The line it stands in, for people. */
  readonly text: string;
}

interface Found {
  readonly start: number;
  /** What is waited for: an expression, or each of what an iterable brings. */
  readonly awaited: { readonly start: number; readonly end: number };
  readonly each: boolean;
}

/** Positions that swc answers are those of bytes, and the first one is 1. */
const FIRST_POSITION = 1;

interface SyntaxNode {
  readonly type?: unknown;
  readonly span?: { readonly start: number; readonly end: number };
  readonly argument?: SyntaxNode;
  readonly right?: SyntaxNode;
  readonly [member: string]: unknown;
}

function awaitIn(file: string, node: SyntaxNode): Found | undefined {
  const { type, span, argument, right } = node;
  if (node["isAwait"] === true) throw new Error(`${file}: an await that cannot be instrumented`);
  if (span === undefined) return undefined;
  if (type === "ForOfStatement" && node["await"] === true && right?.span !== undefined) {
    return { start: span.start, awaited: right.span, each: true };
  }
  const isAwait = type === "AwaitExpression" && argument?.span !== undefined;
  return isAwait ? { start: span.start, awaited: argument.span, each: false } : undefined;
}

/**
 * Rewrites `await X` to `await __awaitPoint(id, async () => (X))`, which lets `X` begin and settle as before. The arrow keeps
 * `this`, and an `await` inside `X` stays one.
 *
 * `for await (… of X)` becomes `for await (… of __awaitEach(id, X))`.
 *
 * @throws Error on `await using`, which waits where no expression stands: it would be left out in silence.
 */
export function instrument(file: string, source: string): { points: AwaitPoint[]; code: string } {
  const bytes = Buffer.from(source);
  const found: Found[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    const point = awaitIn(file, { ...node });
    if (point !== undefined) found.push(point);
    Object.values(node).forEach(visit);
  };
  visit(parseSync(source, { syntax: "typescript", target: "es2022" }));

  const lines = source.split("\n");
  const points = found.map(({ start }) => {
    const before = bytes
      .subarray(0, start - FIRST_POSITION)
      .toString()
      .split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { id: `${file}:${line}:${column}`, text: lines[line - 1]?.trim() ?? "" };
  });
  const insertions = found.flatMap(({ awaited, each }, index) => {
    const id = JSON.stringify(points[index]?.id);
    const text = each ? `__awaitEach(${id}, (` : `__awaitPoint(${id}, async () => (`;
    return [
      { at: awaited.start - FIRST_POSITION, opens: true, text },
      { at: awaited.end - FIRST_POSITION, opens: false, text: "))" },
    ];
  });
  return { points, code: insertAll(bytes, insertions) };
}

/** Where one ends and another begins, the end comes first; the finder goes from the outside in, so outer ones open first. */
function insertAll(
  bytes: Buffer,
  insertions: readonly { readonly at: number; readonly opens: boolean; readonly text: string }[],
): string {
  const ordered = insertions.toSorted((a, b) => a.at - b.at || Number(a.opens) - Number(b.opens));
  let from = 0;
  let code = "";
  for (const { at, text } of ordered) {
    code += bytes.subarray(from, at).toString() + text;
    from = at;
  }
  return code + bytes.subarray(from).toString();
}
