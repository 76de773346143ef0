import { fileURLToPath } from "node:url";
import { Language, type Node, Parser } from "web-tree-sitter";

export type { Node } from "web-tree-sitter";

const grammar = fileURLToPath(import.meta.resolve("tree-sitter-bicep/tree-sitter-bicep.wasm"));

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(grammar));

export interface BicepFile {
  /** From the project's folder, such as `infra/app/role.bicep`. */
  readonly path: string;
  readonly root: Node;
}

export function parseBicep(path: string, text: string): BicepFile {
  const tree = parser.parse(text);
  if (tree === null) throw new Error(`${path} cannot be parsed`);
  return { path, root: tree.rootNode };
}

export const lineOf = (node: Node): number => node.startPosition.row + 1;

/** The children that carry meaning: no punctuation, no comments. */
export const childrenOf = (node: Node): Node[] =>
  node.namedChildren.filter((child) => child !== null && !child.type.endsWith("comment"));

/** A node and everything below it. */
export function* nodesIn(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) if (child !== null) yield* nodesIn(child);
}

/** `line: text` of everything that is not Bicep. */
export function syntaxErrorsOf({ root }: BicepFile): string[] {
  return [...nodesIn(root)]
    .filter((node) => node.isError || node.isMissing)
    .map((node) => `${lineOf(node)}: ${node.isMissing ? `${node.type} is missing` : node.text.slice(0, 60)}`);
}

/** The text of a string without interpolations; undefined for others. */
export function literalOf(node: Node | undefined): string | undefined {
  if (node?.type !== "string" || childrenOf(node).some(({ type }) => type === "interpolation"))
    return undefined;
  return node.text.slice(1, -1).replace(/\\(['\\$])/g, "$1");
}

/** Property name → value. */
export function propertiesOf(object: Node | undefined): Map<string, Node> {
  const found = new Map<string, Node>();
  if (object?.type !== "object") return found;
  for (const property of childrenOf(object)) {
    const [key, value] = childrenOf(property);
    if (property.type !== "object_property" || key === undefined || value === undefined) continue;
    found.set(literalOf(key) ?? key.text, value);
  }
  return found;
}
