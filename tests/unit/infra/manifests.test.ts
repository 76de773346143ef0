import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseSettings, Settings } from "#shared/contracts/settings.ts";
import { queueNames } from "#shared/contracts/topology.ts";
import type { IDeploymentSpec } from "kubernetes-models/apps/v1/DeploymentSpec";
import { roles, secretSettings } from "../../../scripts/infra/roles.ts";
import { textAt, valueAt } from "./environments.ts";
import {
  containerOf,
  kustomization,
  type Manifest,
  manifests,
  named,
  ofKind,
  podOf,
  schemaFaults,
  withValue,
} from "./manifests.ts";
import { secretsInClear, timeoutSeconds, weakPods } from "./rules/pods.ts";
import { projectRoot, readText } from "./templates.ts";

const stock = named("Deployment", "stock");
const longest = timeoutSeconds(JSON.parse(readText("host.json")));

test("every manifest is one by Kubernetes' and KEDA's own schemas", () => {
  expect(manifests.length).toBeGreaterThan(30);
  expect(manifests.flatMap(schemaFaults)).toEqual([]);
});

test.each([
  ["Deployment", ["spec", "selector"], undefined],
  ["Deployment", ["spec", "template", "spec", "terminationGracePeriodSeconds"], "long"],
  ["Deployment", ["spec", "template", "spec", "containers"], {}],
  ["ScaledObject", ["spec", "triggers"], undefined],
  ["ScaledObject", ["spec", "maxReplicaCount"], "20"],
  ["ScaledObject", ["spec", "triggers", 0, "metadata", "messageCount"], 32],
  ["TriggerAuthentication", ["spec", "podIdentity", "provider"], "azure-key"],
  ["PodDisruptionBudget", ["spec", "unhealthyPodEvictionPolicy"], "Sometimes"],
  ["ServiceAccount", ["automountServiceAccountToken"], "no"],
] as const)("a planted violation is found by the schema of a %s: %s", (kind, path, value) => {
  const manifest = named(kind, "stock");
  expect(schemaFaults(withValue(manifest, path, value))).toHaveLength(1);
});

test("a planted violation is found: a kind that nobody knows", () => {
  expect(schemaFaults({ apiVersion: "v1", kind: "Pond", metadata: { name: "x" } })).toEqual([
    "Pond of v1 is not known",
  ]);
});

test("a field that Kubernetes does not have is refused by the compiler", () => {
  const spec: Partial<IDeploymentSpec> = {
    // @ts-expect-error -- it is called replicas
    replica: 2,
  };
  expect(spec).toBeDefined();
});

test("the kustomization has every file of the folder", () => {
  const files = readdirSync(join(projectRoot, "infra", "kubernetes")).filter(
    (file) => file !== "kustomization.yaml",
  );
  expect([...kustomization.resources].toSorted()).toEqual(files.toSorted());
});

test("every work queue has an autoscaler of its own, down to nothing", () => {
  for (const queue of queueNames) {
    const scaler = named("ScaledObject", queue);
    expect(valueAt(scaler, "spec", "triggers", 0)).toMatchObject({
      type: "azure-servicebus",
      metadata: { queueName: queue },
      authenticationRef: { name: queue },
    });
    expect(valueAt(scaler, "spec", "minReplicaCount")).toBe(0);
    expect(named("Deployment", textAt(scaler, "spec", "scaleTargetRef", "name"))).toBeDefined();
    expect(valueAt(named("TriggerAuthentication", queue), "spec", "podIdentity", "provider")).toBe(
      "azure-workload",
    );
  }
});

test("what is scaled has no number of pods of its own, or the two would fight", () => {
  const scaled = ofKind("ScaledObject").map((scaler) => valueAt(scaler, "spec", "scaleTargetRef", "name"));
  const fixed = ofKind("Deployment").filter(
    (deployment) => valueAt(deployment, "spec", "replicas") !== undefined,
  );
  expect(fixed.map(({ metadata }) => metadata.name)).toEqual(["api-next"]);
  expect(scaled).not.toContain("api-next");
});

test("every role has an identity of its own, and a disruption budget that lets nodes be drained", () => {
  for (const { name } of roles) {
    const annotation = valueAt(
      named("ServiceAccount", name),
      "metadata",
      "annotations",
      "azure.workload.identity/client-id",
    );
    expect(annotation).toBe(`\${CLIENT_ID_${name.toUpperCase().replaceAll("-", "_")}}`);
    expect(valueAt(podOf(named("Deployment", name)), "serviceAccountName")).toBe(name);
    const budget = named("PodDisruptionBudget", name);
    expect(valueAt(budget, "spec", "maxUnavailable")).toBe(1);
    expect(valueAt(named("Deployment", name), "spec", "template", "metadata", "labels")).toMatchObject(
      Object(valueAt(budget, "spec", "selector", "matchLabels")),
    );
  }
});

test("every pod is unprivileged, looked after, and may finish its work", () => {
  expect(weakPods(ofKind("Deployment"), longest)).toEqual([]);
});

test.each([
  [["spec", "template", "spec", "securityContext", "runAsNonRoot"], false, "stock runs as root"],
  [
    ["spec", "template", "spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"],
    true,
    "stock may gain privileges",
  ],
  [
    ["spec", "template", "spec", "containers", 0, "image"],
    "expedite:latest",
    "stock has a fixed or floating image",
  ],
  [["spec", "template", "spec", "terminationGracePeriodSeconds"], longest, "stock is killed while it works"],
  [
    ["spec", "template", "spec", "containers", 0, "resources", "limits"],
    undefined,
    "stock may eat all memory",
  ],
] as const)("a planted violation is found: %s", (path, value, found) => {
  expect(weakPods([withValue(stock, path, value)], longest)).toEqual([found]);
});

test("no secret is written down in a manifest", () => {
  expect(secretsInClear(ofKind("Deployment"), secretSettings)).toEqual([]);
  const planted = withValue(
    stock,
    ["spec", "template", "spec", "containers", 0, "env"],
    [{ name: "PAYMENTS_KEY", value: "hush" }],
  );
  expect(secretsInClear([planted], secretSettings)).toEqual(["stock has PAYMENTS_KEY in clear"]);
});

/** What the pods of a deployment have in their environment, once `envsubst` has filled in the values. */
function environmentOf(deployment: Manifest): Record<string, string> {
  const filledIn: Readonly<Record<string, string>> = {
    COSMOS_ENDPOINT: "https://cosmos.example:443/",
    PAYMENTS_URL: "https://payments.example",
    PUBLIC_URL: "https://shop.example",
    STOCK_PROVIDER: "cosmos",
    STOCK_PARTNER_URL: "",
    MAIL_PROVIDER: "acs",
    MAIL_ENDPOINT: "https://mail.example/",
    MAIL_RATE_PER_SECOND: "60",
  };
  const list = valueAt(containerOf(deployment), "env");
  const own = (Array.isArray(list) ? list : []).map((entry: unknown) => {
    const isSecret = valueAt(entry, "valueFrom") !== undefined;
    return [textAt(entry, "name"), isSecret ? "what is in the secret" : textAt(entry, "value")] as const;
  });
  const shared = Object.entries<string>(Object(valueAt(named("ConfigMap", "settings"), "data")));
  return Object.fromEntries(
    [...shared, ...own].map(([name, value]) => [
      name,
      value.replace(/\$\{(\w+)\}/g, (_, variable: string) => filledIn[variable] ?? "filled-in"),
    ]),
  );
}

test.each(ofKind("Deployment").map((deployment) => ({ name: deployment.metadata.name, deployment })))(
  "$name starts with the settings that it is given, and runs the functions of its role",
  ({ deployment }) => {
    const environment = environmentOf(deployment);
    expect(() => parseSettings(environment)).not.toThrow();
    const unknown = Object.keys(environment).filter(
      (name) =>
        !(name in Settings.shape) && !/^(AzureWebJobs|AzureFunctions|FUNCTIONS_WORKER_RUNTIME)/.test(name),
    );
    expect(unknown).toEqual([]);
    const functions = Object.entries(environment).filter(([name]) =>
      name.startsWith("AzureFunctionsJobHost__functions__"),
    );
    const role = roles.find(
      (candidate) => candidate.name === valueAt(podOf(deployment), "serviceAccountName"),
    );
    expect(functions.map(([, name]) => name)).toEqual(
      expect.arrayContaining([...(role?.functions ?? []), "health-live"]),
    );
  },
);

test("requests are shared out between the rings, at first all to the stable one", () => {
  const backends = valueAt(named("HTTPRoute", "api"), "spec", "rules", 0, "backendRefs");
  expect(backends).toEqual([
    { name: "api", port: 80, weight: 100 },
    { name: "api-next", port: 80, weight: 0 },
  ]);
  for (const ring of ["api", "api-next"]) {
    const selector = Object(valueAt(named("Service", ring), "spec", "selector"));
    expect(valueAt(named("Deployment", ring), "spec", "template", "metadata", "labels")).toMatchObject(
      selector,
    );
  }
});
