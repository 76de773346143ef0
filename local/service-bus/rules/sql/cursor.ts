import { BrokerError } from "../../errors.ts";
import { syntaxError, type Token, tokenize } from "./tokens.ts";

/** A place among the tokens of an expression. */
export class Cursor {
  readonly #source: string;
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(source: string) {
    this.#source = source;
    this.#tokens = tokenize(source);
  }

  ended(): boolean {
    return this.token().kind === "end";
  }

  /** Takes the mark if it is next. */
  take(mark: string): boolean {
    const { kind, text } = this.token();
    if (kind !== "mark" || text !== mark) return false;
    this.#position++;
    return true;
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false;
    this.#position++;
    return true;
  }

  expect(mark: string): void {
    if (!this.take(mark)) throw this.fault(`is not the '${mark}' expected here`);
  }

  /** What is wrong with the next token. */
  fault(fault: string): BrokerError {
    return this.faultAt(this.token(), fault);
  }

  /** What is wrong with a token. */
  protected faultAt({ at }: Token, fault: string): BrokerError {
    return syntaxError(this.#source, at, fault);
  }

  protected isMark(mark: string): boolean {
    const { kind, text } = this.token();
    return kind === "mark" && text === mark;
  }

  /** Words are keywords in any case. */
  protected isWord(word: string): boolean {
    const { kind, text } = this.token();
    return kind === "word" && text.toLowerCase() === word;
  }

  /** The next token, or one behind it; at the end, the end. */
  protected token(ahead = 0): Token {
    const token = this.#tokens[this.#position + ahead] ?? this.#tokens.at(-1);
    if (token === undefined) throw new BrokerError("internal", "An expression has no tokens.");
    return token;
  }

  protected skip(): void {
    this.#position++;
  }
}
