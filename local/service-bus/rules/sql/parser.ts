import { Cursor } from "./cursor.ts";
import {
  type ComparisonOperator,
  type Expression,
  isPredicate,
  type Predicate,
  type PropertyNode,
  type Scope,
} from "./syntax.ts";
import { refuseUnsupported } from "./system-properties.ts";
import type { Token } from "./tokens.ts";
import type { SqlValue } from "./values.ts";

/** Parentheses, signs and NOTs inside each other; what people write stays far below. */
const MAX_DEPTH = 50;

const keywords: ReadonlySet<string> = new Set(
  "and or not is null in like escape exists true false".split(" "),
);
const comparisons: ReadonlyMap<string, ComparisonOperator> = new Map([
  ["=", "="],
  ["<>", "<>"],
  ["!=", "<>"],
  ["<", "<"],
  ["<=", "<="],
  [">", ">"],
  [">=", ">="],
]);

type Node = Predicate | Expression;
type Property = Extract<PropertyNode, { kind: "property" }>;

/** Recursive descent, one method per level of precedence. Conditions and values share parentheses, so both are nodes. */
export class Parser extends Cursor {
  readonly #parameters: ReadonlyMap<string, SqlValue>;
  #depth = 0;

  constructor(source: string, parameters: Readonly<Record<string, SqlValue>>) {
    super(source);
    this.#parameters = new Map(
      Object.entries(parameters).map(([name, value]) => [name.replace(/^@/, "").toLowerCase(), value]),
    );
  }

  predicate(): Predicate {
    return this.#condition(() => this.#or());
  }

  expression(): Expression {
    return this.#value(() => this.#sum());
  }

  /** `[sys.|user.]name`, where a property must stand. */
  namedProperty(): Property {
    const first = this.#identifier();
    if (!this.take(".")) return { kind: "property", scope: "user", name: first.text };
    const scope = first.text.toLowerCase();
    if (first.kind !== "word" || !isScope(scope)) {
      throw this.faultAt(first, "is no scope: write sys, user, or [the.whole.name] in brackets");
    }
    const { text: name } = this.#identifier();
    if (scope === "sys") refuseUnsupported(name);
    return { kind: "property", scope, name };
  }

  #or(): Node {
    return this.#chain("or", () => this.#and());
  }

  #and(): Node {
    return this.#chain("and", () => this.#not());
  }

  #chain(kind: "and" | "or", operand: () => Node): Node {
    let left = operand();
    while (this.isWord(kind)) {
      if (!isPredicate(left)) throw this.fault("follows a value, not a condition");
      this.skip();
      left = { kind, left, right: this.#condition(operand) };
    }
    return left;
  }

  #not(): Node {
    if (!this.takeWord("not")) return this.#comparison();
    return { kind: "not", operand: this.#condition(() => this.#deeper(() => this.#not())) };
  }

  #comparison(): Node {
    if (this.takeWord("exists")) {
      this.expect("(");
      const operand = this.#property();
      this.expect(")");
      return { kind: "exists", operand };
    }
    const left = this.#sum();
    if (isPredicate(left)) return left;
    const operator = this.token().kind === "mark" ? comparisons.get(this.token().text) : undefined;
    if (operator !== undefined) {
      this.skip();
      return { kind: "compare", operator, left, right: this.expression() };
    }
    if (this.takeWord("is")) return this.#isNull(left);
    const negated = this.isWord("not") && this.takeWord("not");
    if (this.takeWord("in")) return { kind: "in", operand: left, among: this.#list(), negated };
    if (this.takeWord("like")) return this.#like(left, negated);
    if (negated) throw this.fault("is neither IN nor LIKE");
    return left;
  }

  #isNull(operand: Expression): Predicate {
    const negated = this.takeWord("not");
    if (!this.takeWord("null")) throw this.fault("is not the NULL expected here");
    if (operand.kind !== "property" && operand.kind !== "lookup") {
      throw this.fault("follows IS NULL about something that is no property");
    }
    return { kind: "is-null", operand, negated };
  }

  #list(): Expression[] {
    this.expect("(");
    const items = [this.expression()];
    while (this.take(",")) items.push(this.expression());
    this.expect(")");
    return items;
  }

  #like(operand: Expression, negated: boolean): Predicate {
    const pattern = this.expression();
    const escape = this.takeWord("escape") ? this.expression() : undefined;
    return { kind: "like", operand, pattern, escape, negated };
  }

  #sum(): Node {
    return this.#arithmetic(["+", "-"], () => this.#product());
  }

  #product(): Node {
    return this.#arithmetic(["*", "/", "%"], () => this.#sign());
  }

  #arithmetic(operators: readonly ("+" | "-" | "*" | "/" | "%")[], operand: () => Node): Node {
    let left = operand();
    for (;;) {
      const operator = operators.find((one) => this.isMark(one));
      if (operator === undefined) return left;
      if (isPredicate(left)) throw this.fault("follows a condition, not a value");
      this.skip();
      left = { kind: "arithmetic", operator, left, right: this.#value(operand) };
    }
  }

  #sign(): Node {
    for (const operator of ["+", "-"] as const) {
      if (this.take(operator)) {
        return { kind: "sign", operator, operand: this.#value(() => this.#deeper(() => this.#sign())) };
      }
    }
    return this.#primary();
  }

  #primary(): Node {
    if (this.take("(")) {
      const inner = this.#deeper(() => this.#or());
      this.expect(")");
      return inner;
    }
    return this.#constant() ?? this.#function() ?? this.namedProperty();
  }

  #constant(): Expression | undefined {
    const token = this.token();
    const value = this.#constantValue(token);
    if (value === none) return undefined;
    this.skip();
    return { kind: "constant", value };
  }

  #constantValue({ kind, text }: Token): SqlValue | typeof none {
    if (kind === "text") return text;
    if (kind === "decimal") return Number(text);
    if (kind === "integer") {
      const value = BigInt(text);
      if (BigInt.asIntN(64, value) !== value) throw this.fault("does not fit into 64 bits");
      return value;
    }
    if (kind === "parameter") {
      const name = text.slice(1).toLowerCase();
      if (!this.#parameters.has(name)) throw this.fault("is a parameter without a value");
      return this.#parameters.get(name);
    }
    if (this.isWord("true")) return true;
    if (this.isWord("false")) return false;
    return this.isWord("null") ? undefined : none;
  }

  #function(): Expression | undefined {
    const name = this.token().text.toLowerCase();
    const next = this.token(1);
    if (this.token().kind !== "word" || next.kind !== "mark" || next.text !== "(") return undefined;
    if (name !== "newid" && name !== "property" && name !== "p")
      throw this.fault("is no function that rules know");
    this.skip();
    this.skip();
    const result: Expression =
      name === "newid" ? { kind: "newid" } : { kind: "lookup", name: this.#deeper(() => this.expression()) };
    this.expect(")");
    return result;
  }

  #property(): PropertyNode {
    const found = this.#function() ?? this.namedProperty();
    if (found.kind !== "property" && found.kind !== "lookup")
      throw this.fault("follows something that is no property");
    return found;
  }

  #identifier(): Token {
    const token = this.token();
    const isName =
      token.kind === "name" || (token.kind === "word" && !keywords.has(token.text.toLowerCase()));
    if (!isName) throw this.fault("is not expected here");
    this.skip();
    return token;
  }

  #condition(parse: () => Node): Predicate {
    const node = parse();
    if (!isPredicate(node)) throw this.fault("follows a value that is not compared with anything");
    return node;
  }

  #value(parse: () => Node): Expression {
    const node = parse();
    if (isPredicate(node)) throw this.fault("follows a condition where a value is expected");
    return node;
  }

  #deeper<T>(parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw this.fault(`is nested more than ${MAX_DEPTH} levels deep`);
    const result = parse();
    this.#depth--;
    return result;
  }
}

/** No constant stands here; unknown (NULL) is one. */
const none = Symbol("no constant");

const isScope = (text: string): text is Scope => text === "sys" || text === "user";
