import type { IHTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute";
import type { IService } from "kubernetes-models/v1/Service";
import type { Role } from "../roles.ts";
import { filledIn, labelsOf, NAMESPACE, selectorOf } from "./common.ts";

const serviceName = (role: Role, ring: string): string =>
  ring === "stable" ? role.name : `${role.name}-${ring}`;

export const serviceOf = (role: Role, ring: string): IService => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: serviceName(role, ring), namespace: NAMESPACE, labels: labelsOf(role, ring) },
  spec: {
    type: "ClusterIP",
    selector: selectorOf(role, ring),
    ports: [{ name: "http", port: 80, targetPort: "http" }],
  },
});

/** Shares requests out between the rings; `kubectl patch` on the weights is the way forth and back. */
export const routeOf = (role: Role): IHTTPRoute => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: role.name, namespace: NAMESPACE, labels: labelsOf(role) },
  spec: {
    parentRefs: [{ name: "shop", namespace: "gateway" }],
    hostnames: [filledIn("hostname")],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/api" } }],
        timeouts: { request: "30s" },
        backendRefs: [
          { name: serviceName(role, "stable"), port: 80, weight: 100 },
          { name: serviceName(role, "next"), port: 80, weight: 0 },
        ],
      },
    ],
  },
});
