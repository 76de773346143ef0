import { childrenOf, lineOf, type Node } from "./parse.ts";

/** An expression, put together with Bicep's own precedence. */
export type Expression = { readonly line: number } & (
  | { readonly kind: "value"; readonly value: string | number | boolean | null }
  | { readonly kind: "text"; readonly parts: readonly (string | Expression)[] }
  | { readonly kind: "name"; readonly name: string }
  | {
      readonly kind: "object";
      readonly properties: readonly { readonly key: Expression; readonly value: Expression }[];
    }
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  | {
      readonly kind: "index";
      readonly object: Expression;
      readonly index: Expression;
      readonly safe: boolean;
    }
  | { readonly kind: "call"; readonly name: string; readonly values: readonly Expression[] }
  | { readonly kind: "lambda"; readonly parameters: readonly string[]; readonly body: Expression }
  | { readonly kind: "choice"; readonly parts: readonly [Expression, Expression, Expression] }
  | { readonly kind: "operation"; readonly operator: string; readonly operands: readonly Expression[] }
  | {
      readonly kind: "loop";
      readonly names: readonly string[];
      readonly over: Expression;
      readonly body: Expression;
    }
);

/** Whatever would keep a template from being accepted; says where. */
export class BicepError extends Error {
  override readonly name = "BicepError";
}

export const fail = (line: number, why: string): never => {
  throw new BicepError(`line ${line}: ${why}`);
};

/** Strings are one leaf each; everything else is taken apart to its last token. */
function leavesOf(node: Node): Node[] {
  if (node.type.endsWith("comment")) return [];
  if (node.type === "string" || node.childCount === 0) return [node];
  return node.children.flatMap((child) => (child === null ? [] : leavesOf(child)));
}

/** The weaker ones first. */
const PRECEDENCE = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["??"],
  ["<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "%"],
];

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };
const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, character: string) => ESCAPES[character] ?? character);

/**
 * The grammar of tree-sitter tells where expressions are, but not how they bind: it takes `a && b.c` for `(a && b).c`.
 * So an expression is read again from the leaves of its tree.
 */
class Reader {
  readonly #leaves: readonly Node[];
  #position = 0;

  constructor(leaves: readonly Node[]) {
    this.#leaves = leaves;
  }

  get #next(): Node | undefined {
    return this.#leaves[this.#position];
  }

  get #line(): number {
    const node = this.#next ?? this.#leaves.at(-1);
    return node === undefined ? 0 : lineOf(node);
  }

  #is(text: string): boolean {
    return this.#next?.text === text;
  }

  #took(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#position += 1;
    return true;
  }

  #expect(text: string): void {
    if (!this.#took(text)) fail(this.#line, `${text} is missing before ${this.#next?.text ?? "the end"}`);
  }

  #take(): Node {
    const node = this.#next ?? fail(this.#line, "the expression ends too early");
    this.#position += 1;
    return node;
  }

  /** Whether the next leaf stands on the same line as the one before it: a bracket on a new line begins something new. */
  #continues(): boolean {
    const before = this.#leaves[this.#position - 1];
    return before !== undefined && this.#next?.startPosition.row === before.endPosition.row;
  }

  end(): void {
    if (this.#next !== undefined) fail(this.#line, `${this.#next.text} is too much`);
  }

  expression(): Expression {
    const line = this.#line;
    const condition = this.#operation(0);
    if (!this.#took("?")) return condition;
    const yes = this.expression();
    this.#expect(":");
    return { kind: "choice", parts: [condition, yes, this.expression()], line };
  }

  #operation(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.#unary();
    let left = this.#operation(level + 1);
    while (this.#next !== undefined && operators.includes(this.#next.text)) {
      const line = this.#line;
      const operator = this.#take().text;
      left = { kind: "operation", operator, operands: [left, this.#operation(level + 1)], line };
    }
    return left;
  }

  #unary(): Expression {
    const line = this.#line;
    if (this.#took("!")) return { kind: "operation", operator: "!", operands: [this.#unary()], line };
    if (this.#took("-")) return { kind: "operation", operator: "-", operands: [this.#unary()], line };
    return this.#postfix(this.#primary());
  }

  #postfix(start: Expression): Expression {
    let object = start;
    for (;;) {
      const line = this.#line;
      this.#took("!");
      if (this.#is(".") || this.#is(".?")) {
        const safe = this.#take().text === ".?";
        const index: Expression = { kind: "value", value: this.#take().text, line };
        object = { kind: "index", object, index, safe, line };
      } else if (this.#is("[") && this.#continues()) {
        this.#take();
        const safe = this.#took("?");
        object = { kind: "index", object, index: this.expression(), safe, line };
        this.#expect("]");
      } else return object;
    }
  }

  #primary(): Expression {
    const line = this.#line;
    const node = this.#take();
    const literal = literalOf(node);
    if (literal !== undefined) return literal;
    if (node.text === "(") return this.#parenthesis(line);
    if (node.text === "{") return this.#object(line);
    if (node.text === "[") return this.#is("for") ? this.#loop(line) : this.#list(line);
    if (!/^[A-Za-z_]\w*$/.test(node.text)) return fail(line, `${node.text} is no expression`);
    if (this.#took("=>")) return { kind: "lambda", parameters: [node.text], body: this.expression(), line };
    if (this.#is("(") && this.#continues()) return this.#call(node.text, line);
    return { kind: "name", name: node.text, line };
  }

  #call(name: string, line: number): Expression {
    this.#expect("(");
    const values: Expression[] = [];
    while (!this.#took(")")) {
      values.push(this.expression());
      if (!this.#is(")")) this.#expect(",");
    }
    return { kind: "call", name, values, line };
  }

  #parenthesis(line: number): Expression {
    const names = [this.expression()];
    while (this.#took(",")) names.push(this.expression());
    this.#expect(")");
    if (!this.#took("=>")) return names[0] ?? fail(line, "nothing in parentheses");
    const parameters = names.map((name) =>
      name.kind === "name" ? name.name : fail(line, "a lambda takes names"),
    );
    return { kind: "lambda", parameters, body: this.expression(), line };
  }

  #object(line: number): Expression {
    const properties: { key: Expression; value: Expression }[] = [];
    while (!this.#took("}")) {
      const node = this.#take();
      const key: Expression =
        node.type === "string" ? textOf(node) : { kind: "value", value: node.text, line: lineOf(node) };
      this.#expect(":");
      properties.push({ key, value: this.expression() });
      this.#took(",");
    }
    return { kind: "object", properties, line };
  }

  #list(line: number): Expression {
    const items: Expression[] = [];
    while (!this.#took("]")) {
      items.push(this.expression());
      this.#took(",");
    }
    return { kind: "list", items, line };
  }

  #loop(line: number): Expression {
    this.#expect("for");
    const names: string[] = [];
    const isPair = this.#took("(");
    names.push(this.#take().text);
    if (isPair) {
      this.#expect(",");
      names.push(this.#take().text);
      this.#expect(")");
    }
    this.#expect("in");
    const over = this.expression();
    this.#expect(":");
    const body = this.expression();
    this.#expect("]");
    return { kind: "loop", names, over, body, line };
  }
}

const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** Text, a number, true, false or null. */
function literalOf(node: Node): Expression | undefined {
  const line = lineOf(node);
  if (node.type === "string") return textOf(node);
  if (node.type === "number") return { kind: "value", value: Number(node.text), line };
  const word = WORDS[node.text];
  return word === undefined ? undefined : { kind: "value", value: word, line };
}

/** From the text itself, since the tree leaves out spaces at the edges of interpolations. */
function textOf(node: Node): Expression {
  const line = lineOf(node);
  const parts: (string | Expression)[] = [];
  const plain = (from: number, to: number): string =>
    unescaped(node.text.slice(from - node.startIndex, to - node.startIndex));
  let position = node.startIndex + 1;
  for (const part of childrenOf(node).filter(({ type }) => type === "interpolation")) {
    const inner = leavesOf(part).slice(1, -1);
    const reader = new Reader(inner);
    parts.push(plain(position, part.startIndex), reader.expression());
    reader.end();
    position = part.endIndex;
  }
  const rest = plain(position, node.endIndex - 1);
  return parts.length === 0
    ? { kind: "value", value: rest, line }
    : { kind: "text", parts: [...parts, rest], line };
}

const readBefore = new WeakMap<Node, Expression>();

/** @throws BicepError where it is no expression. */
export function expressionOf(node: Node): Expression {
  const known = readBefore.get(node);
  if (known !== undefined) return known;
  const reader = new Reader(leavesOf(node));
  const expression = reader.expression();
  reader.end();
  readBefore.set(node, expression);
  return expression;
}
