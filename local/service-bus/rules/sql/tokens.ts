import { BrokerError } from "../../errors.ts";

export type TokenKind = "word" | "name" | "text" | "integer" | "decimal" | "parameter" | "mark" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** What it means: quotes and brackets are gone, doubled ones single again. */
  readonly text: string;
  /** Offset in the expression, for messages. */
  readonly at: number;
}

/** As Service Bus has it, in characters. */
export const MAX_EXPRESSION = 1024;

const lexemes: readonly (readonly [kind: TokenKind, pattern: RegExp])[] = [
  ["word", /\p{L}[\p{L}\p{Nd}_]*/uy],
  ["name", /\[((?:[^\]]|\]\])+)\]/uy],
  ["name", /"((?:[^"]|"")+)"/uy],
  ["text", /'((?:[^']|'')*)'/uy],
  ["decimal", /(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/uy],
  ["integer", /\d+/uy],
  ["parameter", /@[\p{L}\p{Nd}_]+/uy],
  ["mark", /<=|>=|<>|!=|[=<>+\-*/%(),.;]/uy],
];
const space = /\s*/uy;
const doubled: Readonly<Record<string, readonly [pair: string, single: string]>> = {
  "[": ["]]", "]"],
  '"': ['""', '"'],
  "'": ["''", "'"],
};
const joins = /[\p{L}\p{Nd}_]/u;

/** @throws BrokerError (invalid) for what is no part of any expression, and for expressions that are too long */
export function tokenize(source: string): Token[] {
  if (source.length > MAX_EXPRESSION) {
    throw new BrokerError(
      "invalid",
      `A SQL expression has at most ${MAX_EXPRESSION} characters, not ${source.length}.`,
    );
  }
  const tokens: Token[] = [];
  let at = endOf(space, source, 0);
  while (at < source.length) {
    const [token, end] = tokenAt(source, at);
    tokens.push(token);
    at = endOf(space, source, end);
  }
  tokens.push({ kind: "end", text: "", at: source.length });
  return tokens;
}

function tokenAt(source: string, at: number): readonly [Token, end: number] {
  for (const [kind, pattern] of lexemes) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) continue;
    const end = at + match[0].length;
    const isNumber = kind === "integer" || kind === "decimal";
    if (isNumber && joins.test(source[end] ?? "")) break;
    const [pair, single] = doubled[match[0][0] ?? ""] ?? ["", ""];
    const text = match[1] === undefined ? match[0] : match[1].replaceAll(pair, single);
    return [{ kind, text, at }, end];
  }
  throw syntaxError(source, at, "does not begin anything that an expression can have");
}

function endOf(pattern: RegExp, source: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(source)?.[0].length ?? 0);
}

/** A refusal that shows the place. */
export function syntaxError(source: string, at: number, fault: string): BrokerError {
  const rest = source.slice(at, at + 20);
  const place = rest === "" ? "the end" : `'${rest}' (character ${at + 1})`;
  return new BrokerError("invalid", `The SQL expression cannot be understood: ${place} ${fault}.`);
}
