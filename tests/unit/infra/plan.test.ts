import { expect, test } from "vitest";
import type { Plan } from "./bicep/template.ts";
import { environmentNames, lastName, ofType, planOfEnvironment, textAt, valueAt } from "./environments.ts";
import { faultsOfCall } from "./registry.ts";
import { deploy, planted, templatesOf } from "./templates.ts";

test.each(environmentNames)("the templates can be evaluated: %s", (name) => {
  expect(planOfEnvironment(name).resources.length).toBeGreaterThan(100);
});

test.each(environmentNames)("modules of the registry are called as they want to be: %s", (name) => {
  const { calls } = planOfEnvironment(name);
  expect(calls.length).toBeGreaterThan(10);
  expect(calls.flatMap(faultsOfCall)).toEqual([]);
});

test("a planted violation is found: storage that can be opened with a key", () => {
  const templates = templatesOf(
    planted("infra/app/role.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
  );
  expect(deploy({}, templates).calls.flatMap(faultsOfCall).join("\n")).toContain(
    "allowSharedKeyAccess is not false",
  );
});

test("a planted violation is found: a name that depends on what is not there yet", () => {
  const templates = templatesOf(
    planted(
      "infra/main.bicep",
      "gateway.bicep' = if (hasGateway)",
      "gateway.bicep' = if (serviceBus.outputs.name != '')",
    ),
  );
  expect(() => deploy({}, templates)).toThrow(
    "outputs is not known when names and conditions are worked out",
  );
});

test("a planted violation is found: a parameter of the wrong name in a nested object", () => {
  const templates = templatesOf(
    planted("infra/main.bicep", "stockProvider: stockProvider\n", "stockProvidr: stockProvider\n"),
  );
  expect(() => deploy({}, templates)).toThrow("there is no stockProvider");
});

/** Longest and allowed characters, by type. */
const nameRules: Readonly<Record<string, RegExp>> = {
  "Microsoft.ServiceBus/namespaces": /^[a-z][a-z0-9-]{5,48}[a-z0-9]$/,
  "Microsoft.DocumentDB/databaseAccounts": /^[a-z0-9][a-z0-9-]{2,43}$/,
  "Microsoft.Web/sites": /^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$/,
  "Microsoft.Web/serverfarms": /^[a-zA-Z0-9-]{1,60}$/,
  "Microsoft.ApiManagement/service": /^[a-zA-Z][a-zA-Z0-9-]{0,48}[a-zA-Z0-9]$/,
  "Microsoft.OperationalInsights/workspaces": /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  "Microsoft.Insights/metricAlerts": /^[^*#&+:<>?@%{}\\/]{1,259}$/,
  "Microsoft.Authorization/roleAssignments": /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
};

test.each(environmentNames)("every name is one that Azure takes, and nothing is there twice: %s", (name) => {
  const { resources, calls } = planOfEnvironment(name);
  const wrong = resources.filter((resource) => nameRules[resource.type]?.test(lastName(resource)) === false);
  expect(wrong.map(({ type, name: full }) => `${type} ${full}`)).toEqual([]);
  const storage = calls.filter(({ reference }) => reference.includes("/storage-account:"));
  const names = storage.map(({ parameters }) => String(parameters["name"]));
  expect(names.filter((account) => !/^[a-z0-9]{3,24}$/.test(account))).toEqual([]);
  const ids = [...resources.map(({ id, scope }) => `${scope ?? ""}${id}`), ...names];
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
});

test("behind private endpoints, nothing can be reached from outside but the gateway", () => {
  const plan = planOfEnvironment("behind private endpoints and a gateway");
  const open = [
    ...plan.resources.map(({ body }) => valueAt(body, "properties", "publicNetworkAccess")),
    ...plan.calls.map(({ parameters }) => parameters["publicNetworkAccess"]),
  ];
  expect(open.filter((access) => access !== undefined && access !== "Disabled")).toEqual([]);
  const restrictions = ofType(plan, "Microsoft.Web/sites").map(({ body }) =>
    valueAt(body, "properties", "siteConfig", "ipSecurityRestrictionsDefaultAction"),
  );
  expect(new Set(restrictions)).toEqual(new Set(["Deny"]));
  const endpoints = plan.calls.filter(({ reference }) => reference.includes("/private-endpoint:"));
  const groups = endpoints.map(({ parameters }) =>
    textAt(parameters, "privateLinkServiceConnections", 0, "properties", "groupIds", 0),
  );
  const storageAccounts = plan.calls.filter(({ reference }) => reference.includes("/storage-account:"));
  expect(groups.toSorted()).toEqual(
    ["Sql", ...storageAccounts.map(() => "blob"), "namespace", "vault"].toSorted(),
  );
});

test("without a gateway, only the role that takes requests is open", () => {
  const sites = ofType(planOfEnvironment("production"), "Microsoft.Web/sites");
  const open = sites.filter(
    ({ body }) => valueAt(body, "properties", "siteConfig", "ipSecurityRestrictionsDefaultAction") !== "Deny",
  );
  expect(open.map(lastName)).toEqual([expect.stringMatching(/-api-stable$/)]);
});

test("where Kubernetes runs the app there are no function apps, and each role's service account is trusted", () => {
  const plan = planOfEnvironment("where Kubernetes runs the app");
  expect(ofType(plan, "Microsoft.Web/sites")).toEqual([]);
  const identities = plan.calls.filter(({ reference }) => reference.includes("/user-assigned-identity:"));
  const subjects = identities.map(({ parameters }) =>
    valueAt(parameters, "federatedIdentityCredentials", 0, "subject"),
  );
  expect(subjects).toContain("system:serviceaccount:expedite:customer-email");
  expect(plan.outputs["API_URL"]).toBe("https://shop.example/api");
});

test("the gateway gives the next ring its share of the requests, and nothing where there is no next ring", () => {
  const shareOf = (plan: Plan): unknown =>
    valueAt(
      ofType(plan, "Microsoft.ApiManagement/service/namedValues").find(
        (value) => lastName(value) === "next-share",
      )?.body,
      "properties",
      "value",
    );
  expect(shareOf(planOfEnvironment("behind private endpoints and a gateway"))).toBe("10");
  expect(shareOf(planOfEnvironment("a preview of a pull request"))).toBe("0");
  const backends = ofType(
    planOfEnvironment("a preview of a pull request"),
    "Microsoft.ApiManagement/service/backends",
  );
  expect(new Set(backends.map(({ body }) => valueAt(body, "properties", "url"))).size).toBe(1);
});
