import { type BicepFile, childrenOf, literalOf, type Node, propertiesOf } from "./parse.ts";

interface Declared {
  readonly name: string;
  readonly node: Node;
  /** Decorator name → its arguments. */
  readonly decorators: ReadonlyMap<string, readonly Node[]>;
}

export interface Parameter extends Declared {
  readonly type: string;
  readonly defaultValue: Node | undefined;
}

export interface Value extends Declared {
  readonly value: Node;
}

/** A resource or a module, once, under a condition or in a loop. */
export interface Unit extends Declared {
  /** `Microsoft.X/y@version`, a path, or an address in a registry. */
  readonly reference: string;
  readonly existing: boolean;
  readonly condition: Node | undefined;
  readonly loop:
    | { readonly over: Node; readonly item: string; readonly index: string | undefined }
    | undefined;
  readonly body: Node;
}

export interface Declarations {
  readonly file: BicepFile;
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly variables: ReadonlyMap<string, Value>;
  readonly outputs: ReadonlyMap<string, Value & { readonly type: string }>;
  readonly resources: ReadonlyMap<string, Unit>;
  readonly modules: ReadonlyMap<string, Unit>;
}

const only = (node: Node | undefined, what: string): Node => {
  if (node === undefined) throw new Error(`${what} is missing`);
  return node;
};

function decoratorsOf(statement: Node): Map<string, readonly Node[]> {
  const calls = childrenOf(statement).flatMap((decorator) => childrenOf(decorator));
  return new Map(
    calls.map((call) => [
      call.childForFieldName("function")?.text ?? "",
      childrenOf(only(call.childForFieldName("arguments") ?? undefined, "the list of arguments")),
    ]),
  );
}

/** The parts of `if (…) {…}`, `[for x in y: …]` or plain `{…}`. */
export function unfold(node: Node): Pick<Unit, "condition" | "loop" | "body"> {
  if (node.type === "for_statement") {
    const [first, ...rest] = childrenOf(node);
    const names = first?.type === "for_loop_parameters" ? childrenOf(first) : [first];
    const [item, index] = names.map((name) => only(name, "the name of a loop").text);
    const inner = unfold(only(rest.at(-1), "the body of a loop"));
    return { ...inner, loop: { over: only(rest[0], "what a loop runs over"), item: item ?? "", index } };
  }
  if (node.type !== "if_statement") return { condition: undefined, loop: undefined, body: node };
  const [condition, body] = childrenOf(node);
  return { condition, loop: undefined, body: only(body, "the body of a condition") };
}

type Statement = Declared & { readonly second: Node | undefined; readonly third: Node | undefined };

const unitOf = ({ second, third, ...declared }: Statement): Unit => ({
  ...declared,
  reference: literalOf(second) ?? "",
  existing: declared.node.children.some((child) => child?.type === "existing"),
  ...unfold(only(third, `the body of ${declared.name}`)),
});

/** Every statement with its name and the decorators that stand before it. */
function statementsOf(root: Node): Statement[] {
  let decorators = new Map<string, readonly Node[]>();
  return childrenOf(root).flatMap((node) => {
    if (node.type === "decorators") {
      decorators = decoratorsOf(node);
      return [];
    }
    const [first, second, third] = childrenOf(node);
    const statement = { name: first?.text ?? "", node, decorators, second, third };
    decorators = new Map();
    return [statement];
  });
}

export function declarationsOf(file: BicepFile): Declarations {
  const statements = statementsOf(file.root);
  const declared = <T>(type: string, make: (statement: Statement) => T): Map<string, T> =>
    new Map(
      statements
        .filter(({ node }) => node.type === `${type}_declaration`)
        .map((statement) => [statement.name, make(statement)]),
    );
  return {
    file,
    parameters: declared("parameter", ({ second, third, ...rest }) => ({
      ...rest,
      type: second?.text ?? "",
      defaultValue: third,
    })),
    variables: declared("variable", ({ second, third, ...rest }) => ({
      ...rest,
      value: only(second ?? third, `the value of ${rest.name}`),
    })),
    outputs: declared("output", ({ second, third, ...rest }) => ({
      ...rest,
      type: second?.text ?? "",
      value: only(third, `the value of ${rest.name}`),
    })),
    resources: declared("resource", unitOf),
    modules: declared("module", unitOf),
  };
}

/** The parameters that a module is called with. */
export const argumentsOf = (module: Unit): Map<string, Node> =>
  propertiesOf(propertiesOf(module.body).get("params"));
