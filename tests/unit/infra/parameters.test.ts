import { expect, test } from "vitest";
import { evaluate } from "./bicep/evaluate.ts";
import { lineOf } from "./bicep/parse.ts";
import { ofType, planOfEnvironment } from "./environments.ts";
import { deploy, readText, realTemplates } from "./templates.ts";

const main = realTemplates.get("infra/main.bicep");
const parameters = [...(main?.parameters.values() ?? [])];
const file: Record<string, { readonly value: string }> = JSON.parse(
  readText("infra/main.parameters.json"),
).parameters;

const scope = { lookUp: () => undefined, functions: {} };

test("every parameter can be set by an environment variable of azd", () => {
  expect(Object.keys(file)).toEqual(parameters.map(({ name }) => name));
  const odd = Object.values(file).filter(({ value }) => !/^\$\{[A-Z][A-Z0-9_]*(=[^}]*)?\}$/.test(value));
  expect(odd).toEqual([]);
});

// azd gives an empty text where the variable is not set, and that would win over the template's own default value.
test.each(parameters.filter(({ defaultValue }) => defaultValue !== undefined))(
  "$name has the same default value in the template and for azd",
  ({ name, defaultValue }) => {
    const fallback = /=([^}]*)\}$/.exec(file[name]?.value ?? "")?.[1] ?? "";
    const value = defaultValue === undefined ? undefined : evaluate(defaultValue, scope);
    expect(fallback).toBe(String(value));
  },
);

test("what is required has no default value anywhere", () => {
  const required = parameters
    .filter(({ defaultValue }) => defaultValue === undefined)
    .map(({ name }) => name);
  expect(required).toEqual(["environmentName", "location", "paymentsUrl"]);
  expect(required.filter((name) => file[name]?.value.includes("="))).toEqual([]);
  expect(() => deploy({ noSuchParameter: true })).toThrow(
    "infra/main.bicep has no parameter noSuchParameter",
  );
});

test("a parameter that only takes certain values has one of them by default", () => {
  for (const { name, decorators, defaultValue, node } of parameters) {
    const allowed = decorators.get("allowed")?.[0];
    if (allowed === undefined || defaultValue === undefined) continue;
    expect(evaluate(allowed, scope), `${name}, line ${lineOf(node)}`).toContain(
      evaluate(defaultValue, scope),
    );
  }
});

test("zones, backups, tiers and what is always ready are parameters", () => {
  const names = parameters.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      "zoneRedundant",
      "backupTier",
      "serviceBusSku",
      "privateNetworking",
      "cosmosMode",
      "alwaysReady",
      "gatewaySku",
    ]),
  );
});

test("private networking makes Service Bus Premium, whatever was asked for", () => {
  const [bus] = ofType(
    planOfEnvironment("behind private endpoints and a gateway"),
    "Microsoft.ServiceBus/namespaces",
  );
  expect(bus?.body["sku"]).toEqual({ name: "Premium", tier: "Premium", capacity: 1 });
});

test("the outputs that azd, the manifests and the runbooks use are there", () => {
  expect(Object.keys(planOfEnvironment("production").outputs)).toEqual(
    expect.arrayContaining([
      "AZURE_RESOURCE_GROUP",
      "FUNCTION_APP_PREFIX",
      "API_URL",
      "GATEWAY_NAME",
      "COSMOS_ENDPOINT",
      "SERVICE_BUS_NAMESPACE",
      "KEY_VAULT_NAME",
      "ROLES",
    ]),
  );
});
