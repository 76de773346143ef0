import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import { TriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { ConfigMap } from "kubernetes-models/v1/ConfigMap";
import { Namespace } from "kubernetes-models/v1/Namespace";
import { Service } from "kubernetes-models/v1/Service";
import { ServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { parseAllDocuments } from "yaml";
import { valueAt } from "./environments.ts";
import { readText } from "./templates.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly [part: string]: unknown;
}

const models = [
  ConfigMap,
  Deployment,
  HTTPRoute,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  ScaledObject,
  Service,
  ServiceAccount,
  TriggerAuthentication,
];

/** Of an add-on of AKS; nobody publishes its schema for us. */
const WITHOUT_SCHEMA = new Set(["secrets-store.csi.x-k8s.io/v1 SecretProviderClass"]);

/** What the official schemas have to say against a manifest. */
export function schemaFaults(manifest: Manifest): string[] {
  const { apiVersion, kind, metadata } = manifest;
  const model = models.find((candidate) => candidate.apiVersion === apiVersion && candidate.kind === kind);
  if (model === undefined)
    return WITHOUT_SCHEMA.has(`${apiVersion} ${kind}`) ? [] : [`${kind} of ${apiVersion} is not known`];
  try {
    const filledIn: unknown = JSON.parse(JSON.stringify(manifest).replace(/\$\{\w+\}/g, "filled-in.example"));
    // The constructors take a value of their own type; whether it is one is what is asked here.
    Reflect.construct(model, [filledIn]).validate();
    return [];
  } catch (error) {
    return [`${kind} ${metadata.name}: ${String(error)}`];
  }
}

export const kustomization: { readonly resources: readonly string[] } = parseAllDocuments(
  readText("infra/kubernetes/kustomization.yaml"),
)[0]?.toJS();

export const manifests: readonly Manifest[] = kustomization.resources.flatMap((file) =>
  parseAllDocuments(readText(`infra/kubernetes/${file}`)).map((document): Manifest => document.toJS()),
);

export const ofKind = (kind: string, from: readonly Manifest[] = manifests): Manifest[] =>
  from.filter((manifest) => manifest.kind === kind);

export const named = (
  kind: string,
  name: string,
  from: readonly Manifest[] = manifests,
): Manifest | undefined => ofKind(kind, from).find(({ metadata }) => metadata.name === name);

export const podOf = (deployment: Manifest | undefined): unknown =>
  valueAt(deployment, "spec", "template", "spec");
export const containerOf = (deployment: Manifest | undefined): unknown =>
  valueAt(podOf(deployment), "containers", 0);

/** A copy with one value replaced: a planted violation. */
export function withValue(
  manifest: Manifest | undefined,
  path: readonly (string | number)[],
  value: unknown,
): Manifest {
  const copy: Manifest = structuredClone(manifest) ?? { apiVersion: "", kind: "", metadata: { name: "" } };
  const last = path.at(-1) ?? "";
  const target = valueAt(copy, ...path.slice(0, -1));
  if (typeof target !== "object" || target === null) throw new Error(`there is no ${path.join(".")}`);
  if (value === undefined) Reflect.deleteProperty(target, last);
  else Reflect.set(target, last, value);
  return copy;
}
