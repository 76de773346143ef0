import { textAt, valueAt } from "../environments.ts";
import { containerOf, type Manifest, podOf } from "../manifests.ts";

/** host.json's functionTimeout, in seconds: a pod must live on for as long. */
export function timeoutSeconds(hostJson: { readonly functionTimeout: string }): number {
  const [hours = 0, minutes = 0, seconds = 0] = hostJson.functionTimeout.split(":").map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}

/** What every pod must have: a demand → what is wrong without it. */
const demands: readonly (readonly [
  what: string,
  holds: (deployment: Manifest, longestSeconds: number) => boolean,
])[] = [
  ["runs as root", (d) => valueAt(podOf(d), "securityContext", "runAsNonRoot") === true],
  [
    "is not confined",
    (d) => valueAt(podOf(d), "securityContext", "seccompProfile", "type") === "RuntimeDefault",
  ],
  [
    "may gain privileges",
    (d) => valueAt(containerOf(d), "securityContext", "allowPrivilegeEscalation") === false,
  ],
  [
    "keeps capabilities",
    (d) => valueAt(containerOf(d), "securityContext", "capabilities", "drop", 0) === "ALL",
  ],
  ["says not what it needs", (d) => valueAt(containerOf(d), "resources", "requests", "cpu") !== undefined],
  ["may eat all memory", (d) => valueAt(containerOf(d), "resources", "limits", "memory") !== undefined],
  ["is never looked at", (d) => valueAt(containerOf(d), "livenessProbe", "httpGet", "path") !== undefined],
  [
    "is given work before it is ready",
    (d) => valueAt(containerOf(d), "readinessProbe", "httpGet", "path") !== undefined,
  ],
  ["has a fixed or floating image", (d) => valueAt(containerOf(d), "image") === "${IMAGE}"],
  [
    "is killed while it works",
    (d, longest) => Number(valueAt(podOf(d), "terminationGracePeriodSeconds")) > longest,
  ],
  [
    "has no identity",
    (d) => valueAt(d, "spec", "template", "metadata", "labels", "azure.workload.identity/use") === "true",
  ],
  [
    "stands in one zone",
    (d) => valueAt(podOf(d), "topologySpreadConstraints", 0, "topologyKey") === "topology.kubernetes.io/zone",
  ],
  [
    "stops before its successor is there",
    (d) => valueAt(d, "spec", "strategy", "rollingUpdate", "maxUnavailable") === 0,
  ],
];

export function weakPods(deployments: readonly Manifest[], longestSeconds: number): string[] {
  return deployments.flatMap((deployment) =>
    demands
      .filter(([, holds]) => !holds(deployment, longestSeconds))
      .map(([what]) => `${deployment.metadata.name} ${what}`),
  );
}

/** Secrets are named, never written down. */
export function secretsInClear(deployments: readonly Manifest[], secrets: readonly string[]): string[] {
  return deployments.flatMap((deployment) => {
    const list = valueAt(containerOf(deployment), "env");
    return (Array.isArray(list) ? list : [])
      .filter((entry: unknown) => secrets.includes(textAt(entry, "name")))
      .filter((entry: unknown) => !["", "not-for-this-role"].includes(textAt(entry, "value")))
      .map((entry: unknown) => `${deployment.metadata.name} has ${textAt(entry, "name")} in clear`);
  });
}
