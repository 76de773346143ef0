import { expect, test } from "vitest";
import type { Plan } from "./bicep/template.ts";
import { environmentNames, environments, planOfEnvironment } from "./environments.ts";
import { deploy, planted, readText, templatesOf } from "./templates.ts";

/** Names below these are ours, not Azure's. */
const OWN_NAMES =
  /^(tags|identity\.userAssignedIdentities|properties\.actions\[\]\.webHookProperties|properties\.actions\.customProperties)\./;

function* pathsIn(value: unknown, path = ""): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* pathsIn(item, `${path}[]`);
  else if (typeof value === "object" && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      const here = path === "" ? name : `${path}.${name}`;
      yield here;
      yield* pathsIn(inner, here);
    }
}

const usedIn = ({ resources }: Plan): string[] =>
  resources.flatMap(({ type, apiVersion, body }) =>
    [...pathsIn(body)].filter((path) => !OWN_NAMES.test(path)).map((path) => `${type}@${apiVersion} ${path}`),
  );

/**
 * Every property that the templates use, looked up once in Azure's own clients and documentation. Azure ignores a property
 * that it does not know, so a typing mistake in one that closes a door would leave it open without a word.
 */
const lookedUp = readText("tests/unit/infra/fixtures/arm-properties.txt")
  .split("\n")
  .reduce<{ readonly type: string; readonly found: readonly string[] }>(
    ({ type, found }, line) =>
      line.startsWith(" ") ? { type, found: [...found, `${type} ${line.trim()}`] } : { type: line, found },
    { type: "", found: [] },
  ).found;

const used = new Set(environmentNames.flatMap((name) => usedIn(planOfEnvironment(name))));

test("every property of every resource is one that Azure has", () => {
  expect(
    [...used].filter((path) => !lookedUp.includes(path)),
    "look these up, then add them",
  ).toEqual([]);
});

test("the list has no property that is not used any more", () => {
  expect(lookedUp.filter((path) => !used.has(path) && !path.endsWith(".runbook"))).toEqual([]);
});

test("a planted violation is found: a door that is closed under the wrong name", () => {
  const templates = templatesOf(
    planted("infra/app/cosmos.bicep", "publicNetworkAccess:", "publicNetworkAcces:"),
  );
  const found = usedIn(deploy(environments["behind private endpoints and a gateway"], templates));
  expect(found.filter((path) => !lookedUp.includes(path))).toEqual([
    "Microsoft.DocumentDB/databaseAccounts@2024-11-15 properties.publicNetworkAcces",
  ]);
});
