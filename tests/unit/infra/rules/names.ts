import type { Declarations } from "../bicep/declarations.ts";
import { functions } from "../bicep/functions.ts";
import { type Node, nodesIn } from "../bicep/parse.ts";
import { templateFunctions } from "../bicep/template.ts";
import type { Templates } from "../templates.ts";

const knownFunctions = new Set([...Object.keys(functions), ...templateFunctions]);

/** Decorators are functions too, but nobody else may call them. */
const decorators = new Set([
  "allowed",
  "batchSize",
  "description",
  "maxLength",
  "maxValue",
  "minLength",
  "minValue",
  "secure",
]);

const isKey = (node: Node): boolean => {
  const { parent } = node;
  return parent?.type === "object_property" && parent.firstNamedChild?.id === node.id;
};

interface Use {
  readonly name: string;
  readonly start: number;
  /** As a function. */
  readonly called: boolean;
}

const usesOf = new WeakMap<Node, readonly Use[]>();

/** Names that are used for what they stand for: no keys, no properties. */
export function usesIn(root: Node): readonly Use[] {
  const known = usesOf.get(root);
  if (known !== undefined) return known;
  const { text, startIndex } = root;
  const uses = [...nodesIn(root)]
    .filter(
      (node) => node.type === "identifier" && node.parent?.type !== "metadata_declaration" && !isKey(node),
    )
    .map((node) => ({
      name: node.text,
      start: node.startIndex,
      called: /^\s*\(/.test(text.slice(node.endIndex - startIndex, node.endIndex - startIndex + 20)),
    }));
  usesOf.set(root, uses);
  return uses;
}

/** Names of loops and lambdas, wherever they are. */
function localsOf({ file }: Declarations): Set<string> {
  const text = file.root.text;
  const loops = [...text.matchAll(/\bfor\s+(?:\((\w+),\s*(\w+)\)|(\w+))\s+in\b/g)].flatMap((match) =>
    match.slice(1),
  );
  const lambdas = [...text.matchAll(/(\w+)\s*=>/g)].map((match) => match[1]);
  return new Set([...loops, ...lambdas].filter((name) => name !== undefined));
}

const declaredIn = ({ parameters, variables, resources, modules }: Declarations) => [
  ...parameters.values(),
  ...variables.values(),
  ...resources.values(),
  ...modules.values(),
];

/** Everything that is used is declared, and every function is one of Bicep's that the evaluator knows. */
export function undeclaredNames(templates: Templates): string[] {
  return [...templates.values()].flatMap((template) => {
    const declared = new Set([
      ...declaredIn(template).map(({ name }) => name),
      ...template.outputs.keys(),
      ...localsOf(template),
    ]);
    return usesIn(template.file.root)
      .filter(({ name, called }) =>
        called ? !knownFunctions.has(name) && !decorators.has(name) : !declared.has(name),
      )
      .map(({ name, called }) => `${template.file.path}: ${name}${called ? "()" : ""} is not known`);
  });
}

/** Everything that is declared is used. A resource or module that is made is use enough. */
export function unusedNames(templates: Templates): string[] {
  return [...templates.values()].flatMap((template) => {
    const { parameters, variables, resources, file } = template;
    const idle = [
      ...parameters.values(),
      ...variables.values(),
      ...[...resources.values()].filter((unit) => unit.existing),
    ];
    const uses = usesIn(file.root);
    return idle
      .filter(({ name, node: { startIndex, endIndex } }) => {
        const elsewhere = uses.filter(({ start }) => start < startIndex || start >= endIndex);
        return !elsewhere.some((use) => use.name === name && !use.called);
      })
      .map(({ name }) => `${file.path}: ${name} is not used`);
  });
}

/** Every parameter and output says what it is. */
export function withoutDescription(templates: Templates): string[] {
  return [...templates.values()].flatMap(({ file, parameters, outputs }) =>
    [...parameters.values(), ...outputs.values()]
      .filter((declared) => !declared.decorators.has("description"))
      .map(({ name }) => `${file.path}: ${name} has no description`),
  );
}
