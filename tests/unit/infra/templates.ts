import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Declarations, declarationsOf } from "./bicep/declarations.ts";
import { parseBicep } from "./bicep/parse.ts";
import { type Plan, planOf } from "./bicep/template.ts";
import { callRegistry } from "./registry.ts";

export const projectRoot = join(import.meta.dirname, "..", "..", "..");

/** Path from the project's folder → text. */
export type Texts = ReadonlyMap<string, string>;

export const readText = (path: string): string => readFileSync(join(projectRoot, path), "utf8");

const bicepPaths = ["infra", "infra/app"].flatMap((folder) =>
  readdirSync(join(projectRoot, folder))
    .filter((name) => name.endsWith(".bicep"))
    .map((name) => `${folder}/${name}`),
);

export const realTexts: Texts = new Map(bicepPaths.map((path) => [path, readText(path)]));

/** The real templates with one passage of one of them replaced: a planted violation. */
export function planted(path: string, passage: string | RegExp, replacement: string): Texts {
  const text = realTexts.get(path) ?? "";
  const changed = text.replace(passage, replacement);
  if (changed === text) throw new Error(`${path} has no ${String(passage)}, so nothing was planted`);
  return new Map([...realTexts, [path, changed]]);
}

export type Templates = ReadonlyMap<string, Declarations>;

const parsed = new Map<string, Declarations>();

/** Parsed once per text: most tests change one file of fourteen. */
export function templatesOf(texts: Texts): Templates {
  const templates = new Map<string, Declarations>();
  for (const [path, text] of texts) {
    const key = `${path}\n${text}`;
    const declarations = parsed.get(key) ?? declarationsOf(parseBicep(path, text));
    parsed.set(key, declarations);
    templates.set(path, declarations);
  }
  return templates;
}

export const realTemplates = templatesOf(realTexts);

/** The least that has to be said. */
export const production = {
  environmentName: "production",
  location: "australiaeast",
  paymentsUrl: "https://payments.example",
};

/** Evaluates `main.bicep` as a deployment would. */
export function deploy(
  parameters: Readonly<Record<string, unknown>>,
  templates: Templates = realTemplates,
): Plan {
  const load = (path: string): Declarations => {
    const declarations = templates.get(path);
    if (declarations === undefined) throw new Error(`there is no ${path}`);
    return declarations;
  };
  const exists = (path: string): string => {
    if (!existsSync(join(projectRoot, path))) throw new Error(`there is no ${path}`);
    return readText(path);
  };
  return planOf(
    load("infra/main.bicep"),
    { ...production, ...parameters },
    { load, readText: exists, callRegistry },
  );
}
