import { argumentsOf, type Declarations, type Unit } from "../bicep/declarations.ts";
import { registryModule } from "../registry.ts";
import type { Templates } from "../templates.ts";

const isRegistry = (reference: string): boolean => reference.startsWith("br");

const localPath = (from: string, reference: string): string =>
  new URL(reference, `file:///${from}`).pathname.slice(1);

const every = <T>(templates: Templates, look: (template: Declarations, module: Unit) => T[]): T[] =>
  [...templates.values()].flatMap((template) =>
    [...template.modules.values()].flatMap((module) => look(template, module)),
  );

/** A module of ours is there; one of the registry is named by an exact version, and was looked up. */
export function unknownModules(templates: Templates): string[] {
  return every(templates, ({ file }, { name, reference }) => {
    const isKnown = isRegistry(reference)
      ? registryModule(reference) !== undefined
      : templates.has(localPath(file.path, reference));
    return isKnown ? [] : [`${file.path}: ${name} is ${reference}, which is not known`];
  });
}

interface Signature {
  readonly required: readonly string[];
  readonly known: readonly string[];
  readonly outputs: readonly string[];
}

function signatureOf(templates: Templates, from: string, reference: string): Signature | undefined {
  if (isRegistry(reference)) {
    const module = registryModule(reference);
    if (module === undefined) return undefined;
    return {
      required: module.required,
      known: Object.keys(module.parameters),
      outputs: Object.keys(module.outputs("name", "group")),
    };
  }
  const template = templates.get(localPath(from, reference));
  if (template === undefined) return undefined;
  const parameters = [...template.parameters.values()];
  return {
    required: parameters.filter(({ defaultValue }) => defaultValue === undefined).map(({ name }) => name),
    known: parameters.map(({ name }) => name),
    outputs: [...template.outputs.keys()],
  };
}

/** Each call gives what the module requires, and nothing that it does not know. */
export function wrongArguments(templates: Templates): string[] {
  return every(templates, ({ file }, module) => {
    const signature = signatureOf(templates, file.path, module.reference);
    if (signature === undefined) return [];
    const given = [...argumentsOf(module).keys()];
    const missing = signature.required
      .filter((name) => !given.includes(name))
      .map((name) => `does not give ${name}`);
    const unknown = given
      .filter((name) => !signature.known.includes(name))
      .map((name) => `gives ${name}, unknown there`);
    return [...missing, ...unknown].map((fault) => `${file.path}: ${module.name} ${fault}`);
  });
}

/** What is read of a module is one of its outputs. */
export function unknownOutputs(templates: Templates): string[] {
  return [...templates.values()].flatMap(({ file, modules }) =>
    [...file.root.text.matchAll(/\b(\w+)(?:\[\w+\])?!?\.outputs\.(\w+)/g)].flatMap(
      ([, name = "", output = ""]) => {
        const module = modules.get(name);
        if (module === undefined) return [`${file.path}: ${name} is no module`];
        const signature = signatureOf(templates, file.path, module.reference);
        return signature === undefined || signature.outputs.includes(output)
          ? []
          : [`${file.path}: ${name} has no output ${output}`];
      },
    ),
  );
}

const PREVIEWS = new Set(["Microsoft.Insights/diagnosticSettings@2021-05-01-preview"]);

/** Every type of resource is asked for in an exact version that is no preview, and in the same one everywhere. */
export function unpinnedResources(templates: Templates): string[] {
  const versions = new Map<string, string>();
  return [...templates.values()].flatMap(({ file, resources }) =>
    [...resources.values()].flatMap(({ name, reference }) => {
      const [type = "", version = ""] = reference.split("@");
      const first = versions.get(type) ?? version;
      versions.set(type, first);
      if (!/^\d{4}-\d{2}-\d{2}$/.test(version) && !PREVIEWS.has(reference))
        return [`${file.path}: ${name} is ${reference}, not an exact version`];
      return first === version ? [] : [`${file.path}: ${name} is ${reference}, elsewhere ${first}`];
    }),
  );
}
