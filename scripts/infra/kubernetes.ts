import { stringify } from "yaml";
import { deploymentOf } from "./kubernetes/deployment.ts";
import { routeOf, serviceOf } from "./kubernetes/door.ts";
import { disruptionBudgetOf, scaledObjectOf, triggerAuthenticationOf } from "./kubernetes/scaling.ts";
import {
  mountedSecretsOf,
  namespace,
  networkPolicies,
  secretsOf,
  serviceAccountOf,
  settings,
} from "./kubernetes/shared.ts";
import type { Role } from "./roles.ts";

const HEADER =
  "# Made by `npm run contracts` from scripts/infra. Values in ${…} are filled in when it is applied.\n";

const yaml = (documents: readonly object[]): string =>
  HEADER + documents.map((document) => stringify(document, { lineWidth: 0 })).join("---\n");

const requestsOf = (role: Role): object[] => [
  serviceAccountOf(role),
  deploymentOf(role, "stable"),
  scaledObjectOf(role),
  disruptionBudgetOf(role),
  serviceOf(role, "stable"),
  // The next ring is there, but empty, until somebody scales it up and gives it weight.
  deploymentOf(role, "next", 0),
  serviceOf(role, "next"),
  routeOf(role),
];

const workerOf = (role: Role): object[] => [
  serviceAccountOf(role),
  ...(mountedSecretsOf(role).length > 0 ? [secretsOf(role)] : []),
  deploymentOf(role, "stable"),
  ...(role.listensTo.length > 0 ? [triggerAuthenticationOf(role)] : []),
  scaledObjectOf(role),
  disruptionBudgetOf(role),
];

/** File name → text. The types are made from Kubernetes' and KEDA's own schemas, so the compiler knows every field. */
export function kubernetesManifests(roles: readonly Role[]): Map<string, string> {
  const files = new Map([["shared.yaml", yaml([namespace, settings, ...networkPolicies])]]);
  for (const role of roles)
    files.set(`${role.name}.yaml`, yaml(role.http ? requestsOf(role) : workerOf(role)));
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [...files.keys()],
  };
  return files.set("kustomization.yaml", yaml([kustomization]));
}
