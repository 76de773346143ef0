import type { IScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject";
import type { ITriggerAuthentication } from "@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication";
import type { IPodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import type { Role } from "../roles.ts";
import { filledIn, labelsOf, NAMESPACE, selectorOf } from "./common.ts";

/** Requests come at any hour: never none, and never all in one zone. */
const FEWEST_FOR_REQUESTS = 2;

/** Timers run where somebody is; only queues call for an instance themselves. */
function fewestOf({ http, listensTo }: Role): number {
  if (http) return FEWEST_FOR_REQUESTS;
  return listensTo.length > 0 ? 0 : 1;
}

/** Down slowly, so that an instance is not thrown away in every pause between two messages. */
const calmly = {
  horizontalPodAutoscalerConfig: {
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 0 },
      scaleDown: {
        stabilizationWindowSeconds: 120,
        policies: [{ type: "Percent", value: 50, periodSeconds: 60 }],
      },
    },
  },
};

/** With the role's own identity, which may know how long its queue is. */
export const triggerAuthenticationOf = (role: Role): ITriggerAuthentication => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "TriggerAuthentication",
  metadata: { name: role.name, namespace: NAMESPACE, labels: labelsOf(role) },
  spec: { podIdentity: { provider: "azure-workload", identityId: filledIn("client_id", role) } },
});

/** By the length of the queue, down to none; or, for requests, by processor. */
export function scaledObjectOf(role: Role): IScaledObject {
  const queues = role.listensTo.map((queueName) => ({
    type: "azure-servicebus",
    metadata: {
      namespace: filledIn("service_bus_name"),
      queueName,
      messageCount: String(role.scale.messagesPerInstance),
      activationMessageCount: "0",
    },
    authenticationRef: { name: role.name },
  }));
  const processor = { type: "cpu", metricType: "Utilization" as const, metadata: { value: "60" } };
  return {
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: role.name, namespace: NAMESPACE, labels: labelsOf(role) },
    spec: {
      scaleTargetRef: { name: role.name },
      minReplicaCount: fewestOf(role),
      maxReplicaCount: role.scale.mostInstances,
      pollingInterval: 10,
      cooldownPeriod: 120,
      advanced: calmly,
      triggers: queues.length > 0 ? queues : [processor],
      // Where the length of the queue cannot be known, work goes on.
      ...(queues.length > 0 && { fallback: { failureThreshold: 3, replicas: 2 } }),
    },
  };
}

/** Nodes may be drained, one pod at a time. A share would block the drain of a role that has one pod. */
export const disruptionBudgetOf = (role: Role): IPodDisruptionBudget => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { name: role.name, namespace: NAMESPACE, labels: labelsOf(role) },
  spec: {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: selectorOf(role) },
  },
});
