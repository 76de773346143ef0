import { syntaxError } from "./query-error.ts";

/** `end` is the offset behind the token. A `name` is any word; keywords are recognised by the parser. */
export interface Token {
  readonly kind: "name" | "number" | "string" | "parameter" | "symbol" | "end";
  /** Source text of names, parameters and symbols; the decoded value of strings. */
  readonly text: string;
  /** Upper case of a name, for keyword tests; the text of a symbol. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const MAX_QUERY_CHARACTERS = 512 * 1024;

const pattern =
  /\s+|--[^\n]*|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<parameter>@[A-Za-z0-9_]+)|(?<number>0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<string>"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*')|(?<symbol>!=|<>|<=|>=|\?\?|\|\||<<|>>>?|[-+*/%&|^~=<>()[\]{},.:?])/y;

export function tokenize(query: string): readonly Token[] {
  if (query.length > MAX_QUERY_CHARACTERS) {
    throw syntaxError("The query text is too long", MAX_QUERY_CHARACTERS, query.length);
  }
  const tokens: Token[] = [];
  pattern.lastIndex = 0;
  while (pattern.lastIndex < query.length) {
    const start = pattern.lastIndex;
    const groups = pattern.exec(query)?.groups;
    if (groups === undefined) throw syntaxError(`incorrect syntax near '${query[start]!}'`, start, start + 1);
    const token = tokenOf(groups, start, pattern.lastIndex);
    if (token !== undefined) tokens.push(token);
  }
  tokens.push({ kind: "end", text: "", word: "", start: query.length, end: query.length });
  return tokens;
}

function tokenOf(groups: Record<string, string | undefined>, start: number, end: number): Token | undefined {
  const { name, parameter, number, string, symbol } = groups;
  if (name !== undefined) return { kind: "name", text: name, word: name.toUpperCase(), start, end };
  if (symbol !== undefined) return { kind: "symbol", text: symbol, word: symbol, start, end };
  if (parameter !== undefined) return { kind: "parameter", text: parameter, word: "", start, end };
  if (number !== undefined) return { kind: "number", text: number, word: "", start, end };
  if (string !== undefined) {
    return { kind: "string", text: unescape(string.slice(1, -1), start), word: "", start, end };
  }
  return undefined;
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

function unescape(raw: string, start: number): string {
  if (!raw.includes("\\")) return raw;
  return raw.replace(/\\(?:u([0-9a-fA-F]{4})|([^]))/g, (_all, unicode?: string, plain?: string) => {
    if (unicode !== undefined) return String.fromCharCode(Number.parseInt(unicode, 16));
    if (plain === "u") throw syntaxError("a \\u escape needs four hexadecimal digits", start, start + 1);
    return escapes[plain!] ?? plain!;
  });
}
