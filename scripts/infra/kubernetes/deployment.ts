import type { IDeployment } from "kubernetes-models/apps/v1/Deployment";
import type { IContainer } from "kubernetes-models/v1/Container";
import type { IEnvVar } from "kubernetes-models/v1/EnvVar";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { IProbe } from "kubernetes-models/v1/Probe";
import type { Role } from "../roles.ts";
import { mountedSecretsOf } from "./shared.ts";
import { filledIn, labelsOf, NAMESPACE, PORT, selectorOf } from "./common.ts";

/** The user that the image is made for; not root. */
const USER = 1654;
/** Longer than functionTimeout of host.json: whatever is being handled may end. */
const GRACE_SECONDS = 150;

const probe = (path: string, probing: Partial<IProbe>): IProbe => ({
  httpGet: { path, port: "http" },
  timeoutSeconds: 5,
  ...probing,
});

/** The same image runs everywhere; this list says which of its functions run here, beside the one that says it is alive. */
function functionsOf(role: Role): IEnvVar[] {
  const names = role.http ? role.functions : [...role.functions, "health-live"];
  return names.map((value, i) => ({ name: `AzureFunctionsJobHost__functions__${i}`, value }));
}

/** The schema of the settings demands these of every role; where they are not used, they say so. */
const notForThisRole = (role: Role): Record<string, string> => ({
  ...(role.secrets.includes("PAYMENTS_KEY") ? {} : { PAYMENTS_KEY: "not-for-this-role" }),
  ...(role.secrets.includes("LINK_KEYS") ? {} : { LINK_KEYS: "not-for-this-role" }),
  ...(role.secrets.includes("STOCK_PARTNER_KEY") ? {} : { STOCK_PROVIDER: "cosmos" }),
  ...(role.sendsMail ? {} : { MAIL_PROVIDER: "acs", MAIL_ENDPOINT: "https://not-for-this-role.invalid/" }),
});

function environmentOf(role: Role, ring: string): IEnvVar[] {
  const values = {
    AzureWebJobsStorage__accountName: filledIn("storage", role),
    AzureFunctionsWebHost__hostid: `${role.name}-${ring}`,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `Authorization=AAD;ClientId=${filledIn("client_id", role)}`,
    OTEL_SERVICE_NAME: `${role.name}-${ring}`,
    ...notForThisRole(role),
  };
  return [
    ...functionsOf(role),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
    ...mountedSecretsOf(role).map((name) => ({
      name,
      valueFrom: { secretKeyRef: { name: role.name, key: name } },
    })),
  ];
}

const secretsVolume = (role: Role) => ({
  name: "secrets",
  csi: {
    driver: "secrets-store.csi.k8s.io",
    readOnly: true,
    volumeAttributes: { secretProviderClass: role.name },
  },
});

const containerOf = (role: Role, ring: string): IContainer => ({
  name: "app",
  image: filledIn("image"),
  ports: [{ name: "http", containerPort: PORT }],
  envFrom: [{ configMapRef: { name: "settings" } }],
  env: environmentOf(role, ring),
  resources: { requests: { cpu: "250m", memory: "384Mi" }, limits: { memory: "768Mi" } },
  securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  startupProbe: probe("/api/health/live", { periodSeconds: 2, failureThreshold: 60 }),
  livenessProbe: probe("/api/health/live", { periodSeconds: 10, failureThreshold: 3 }),
  readinessProbe: probe(role.http ? "/api/health/ready" : "/api/health/live", {
    periodSeconds: 5,
    failureThreshold: 3,
  }),
  ...(mountedSecretsOf(role).length > 0 && {
    volumeMounts: [{ name: "secrets", mountPath: "/mnt/secrets", readOnly: true }],
  }),
});

const podOf = (role: Role, ring: string): IPodSpec => ({
  serviceAccountName: role.name,
  terminationGracePeriodSeconds: GRACE_SECONDS,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: USER,
    runAsGroup: USER,
    fsGroup: USER,
    seccompProfile: { type: "RuntimeDefault" },
  },
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: selectorOf(role, ring) },
    },
  ],
  containers: [containerOf(role, ring)],
  ...(mountedSecretsOf(role).length > 0 && { volumes: [secretsVolume(role)] }),
});

/**
 * The pods of one role and ring.
 * @param replicas undefined where an autoscaler decides.
 */
export const deploymentOf = (role: Role, ring: string, replicas?: number): IDeployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: ring === "stable" ? role.name : `${role.name}-${ring}`,
    namespace: NAMESPACE,
    labels: labelsOf(role, ring),
  },
  spec: {
    ...(replicas !== undefined && { replicas }),
    revisionHistoryLimit: 5,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    selector: { matchLabels: selectorOf(role, ring) },
    template: {
      metadata: { labels: { ...labelsOf(role, ring), "azure.workload.identity/use": "true" } },
      spec: podOf(role, ring),
    },
  },
});
