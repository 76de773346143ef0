import type { Query, Span } from "./ast.ts";
import { syntaxError, unsupportedQuery } from "./query-error.ts";
import { tokenize, type Token } from "./tokens.ts";

/** Deeper nesting is refused, so that no query can exhaust the stack. */
const MAX_DEPTH = 200;

/** No name, whether of an input, an alias or a property, unless it is quoted: `c["order"]`. */
export const reserved: ReadonlySet<string> = new Set([
  ..."AND AS ASC BETWEEN BY DESC ESCAPE EXISTS FROM GROUP IN INNER JOIN LIKE LIMIT NOT OFFSET OR ORDER".split(
    " ",
  ),
  ..."SELECT TOP VALUE WHERE DISTINCT".split(" "),
]);

/** Looks at and consumes tokens; shared by the parsers of expressions and of clauses. */
export class TokenStream {
  readonly text: string;
  /** Parses a SELECT where an expression or a FROM holds one. Carried along, as its parser needs theirs. */
  readonly select: (tokens: TokenStream) => Query;
  readonly #tokens: readonly Token[];
  #at = 0;
  #depth = 0;
  #aggregates = 0;

  constructor(text: string, select: TokenStream["select"]) {
    this.text = text;
    this.select = select;
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#at]!;
  }

  /** The token behind the next one. */
  get second(): Token {
    return this.#tokens[Math.min(this.#at + 1, this.#tokens.length - 1)]!;
  }

  /** Where the last consumed token ended. */
  get lastEnd(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end;
  }

  /** How many aggregates were parsed so far. */
  get aggregates(): number {
    return this.#aggregates;
  }

  noteAggregate(): void {
    this.#aggregates++;
  }

  /** Parses a query inside this one, whose aggregates are its own. */
  subquery(): Query {
    const outer = this.#aggregates;
    this.#aggregates = 0;
    const query = this.nested(() => this.select(this));
    this.#aggregates = outer;
    return query;
  }

  take(): Token {
    const token = this.next;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  /** Is the next token this keyword or symbol? A string literal never is. */
  sees(word: string): boolean {
    return this.next.word === word;
  }

  seesAny(words: ReadonlySet<string>): boolean {
    return words.has(this.next.word);
  }

  accept(word: string): boolean {
    if (!this.sees(word)) return false;
    this.#at++;
    return true;
  }

  expect(word: string): Token {
    if (!this.sees(word)) throw this.unexpected();
    return this.take();
  }

  expectName(): Token {
    if (this.next.kind !== "name" || this.seesAny(reserved)) throw this.unexpected();
    return this.take();
  }

  unexpected(): Error {
    const { kind, text, start, end } = this.next;
    const near = kind === "end" ? "the end of the query" : `'${text}'`;
    return syntaxError(`incorrect syntax near ${near}`, start, end);
  }

  refuse(what: string): Error {
    return unsupportedQuery(what, this.spanOfNext());
  }

  spanOfNext(): Span {
    return { start: this.next.start, end: this.next.end };
  }

  nested<T>(parse: () => T): T {
    if (this.#depth >= MAX_DEPTH) {
      throw syntaxError(`nesting is deeper than ${MAX_DEPTH} levels`, this.next.start, this.next.end);
    }
    this.#depth++;
    const result = parse();
    this.#depth--;
    return result;
  }
}
