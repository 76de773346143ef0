import { parseSync } from "@swc/core";

/** One `await` of the source, by file, line and column: `shared/use-cases/accept-order.ts:41:26`. */
export interface AwaitPoint {
  readonly id: string;
  /** The line it stands in, for people. */
  readonly text: string;
}

interface Found {
  readonly start: number;
  readonly end: number;
  readonly argumentStart: number;
}

/** Positions that swc answers are those of bytes, and the first one is 1. */
const FIRST_POSITION = 1;

interface SyntaxNode {
  readonly type?: unknown;
  readonly span?: { readonly start: number; readonly end: number };
  readonly argument?: SyntaxNode;
  readonly [member: string]: unknown;
}

/** swc says it in two ways. */
const waitsInSilence = (node: SyntaxNode): boolean => node["await"] === true || node["isAwait"] === true;

/**
 * Rewrites `await X` to `await __awaitPoint(id, async () => (X))`, which lets `X` begin and settle as before. The arrow keeps
 * `this`, and an `await` inside `X` stays one.
 *
 * @throws Error on `for await` and `await using`: they wait without saying `await X`, so they would be left out in silence.
 */
export function instrument(file: string, source: string): { points: AwaitPoint[]; code: string } {
  const bytes = Buffer.from(source);
  const found: Found[] = [];
  const visit = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node !== "object" || node === null) return;
    const syntax: SyntaxNode = { ...node };
    const { type, span, argument, ...members } = syntax;
    if (waitsInSilence(syntax)) throw new Error(`${file}: an await that cannot be instrumented`);
    if (type === "AwaitExpression" && span !== undefined && argument?.span !== undefined) {
      found.push({
        start: span.start - FIRST_POSITION,
        end: argument.span.end - FIRST_POSITION,
        argumentStart: argument.span.start - FIRST_POSITION,
      });
    }
    visit(argument);
    Object.values(members).forEach(visit);
  };
  visit(parseSync(source, { syntax: "typescript", target: "es2022" }));

  const lines = source.split("\n");
  const points = found.map(({ start }) => {
    const before = bytes.subarray(0, start).toString().split("\n");
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { id: `${file}:${line}:${column}`, text: lines[line - 1]?.trim() ?? "" };
  });
  const insertions = found.flatMap(({ argumentStart, end }, index) => [
    {
      at: argumentStart,
      opens: true,
      text: `__awaitPoint(${JSON.stringify(points[index]?.id)}, async () => (`,
    },
    { at: end, opens: false, text: "))" },
  ]);
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
