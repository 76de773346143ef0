import type { INetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import type { IConfigMap } from "kubernetes-models/v1/ConfigMap";
import type { INamespace } from "kubernetes-models/v1/Namespace";
import type { IServiceAccount } from "kubernetes-models/v1/ServiceAccount";
import { type Role, secretNameOf, type SecretSetting } from "../roles.ts";
import { filledIn, labelsOf, NAMESPACE, PORT } from "./common.ts";

export const namespace: INamespace = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
};

/** What is the same for every role; the rest is in the deployments. */
export const settings: IConfigMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings", namespace: NAMESPACE },
  data: {
    FUNCTIONS_WORKER_RUNTIME: "node",
    COSMOS_ENDPOINT: filledIn("cosmos_endpoint"),
    COSMOS_DATABASE: filledIn("cosmos_database"),
    SERVICE_BUS__fullyQualifiedNamespace: filledIn("service_bus_namespace"),
    SWEEP_SCHEDULE: "*/30 * * * * *",
    PUBLIC_URL: filledIn("public_url"),
    ANSWER_WITHIN_MS: "259200000",
    REMIND_BEFORE_MS: "86400000",
    FOLLOW_UP_SCHEDULE: "0 */5 * * * *",
    RECONCILE_SCHEDULE: "0 30 3 * * *",
    RETRY_BASE_MS: "10000",
    RETRY_CAP_MS: "900000",
    CIRCUIT_OPEN_MS: "30000",
    CIRCUIT_OPEN_CAP_MS: "300000",
    RELEASE_SCHEDULE: "*/15 * * * * *",
    WATCH_SCHEDULE: "0 * * * * *",
    MAIL_RATE_PER_SECOND: filledIn("mail_rate_per_second"),
    MAIL_AMBIGUOUS_SENDS: "2",
    PAYMENTS_URL: filledIn("payments_url"),
    STOCK_PROVIDER: filledIn("stock_provider"),
    STOCK_PARTNER_URL: filledIn("stock_partner_url"),
    MAIL_PROVIDER: filledIn("mail_provider"),
    MAIL_ENDPOINT: filledIn("mail_endpoint"),
    APPLICATIONINSIGHTS_CONNECTION_STRING: filledIn("applicationinsights_connection_string"),
    TELEMETRY_SAMPLING: "1",
  },
};

/** Nobody but the gateway may call in; to the world outside everything is open, as partners and vendors may be anywhere. */
export const networkPolicies: readonly INetworkPolicy[] = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "nothing-comes-in", namespace: NAMESPACE },
    spec: { podSelector: {}, policyTypes: ["Ingress"] },
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: "requests-come-from-the-gateway", namespace: NAMESPACE },
    spec: {
      podSelector: { matchLabels: { "app.kubernetes.io/name": "api" } },
      policyTypes: ["Ingress"],
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "gateway" } } }],
          ports: [{ protocol: "TCP", port: PORT }],
        },
      ],
    },
  },
];

export const serviceAccountOf = (role: Role): IServiceAccount => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: {
    name: role.name,
    namespace: NAMESPACE,
    labels: labelsOf(role),
    annotations: { "azure.workload.identity/client-id": filledIn("client_id", role) },
  },
  automountServiceAccountToken: false,
});

/** Of the Secrets Store driver, an add-on of AKS; there is no package with its schema. */
export interface SecretProviderClass {
  readonly apiVersion: "secrets-store.csi.x-k8s.io/v1";
  readonly kind: "SecretProviderClass";
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly provider: "azure";
    readonly parameters: Readonly<Record<"clientID" | "keyvaultName" | "tenantId" | "objects", string>>;
    readonly secretObjects: readonly {
      readonly secretName: string;
      readonly type: "Opaque";
      readonly data: readonly { readonly objectName: string; readonly key: string }[];
    }[];
  };
}

/** A pod does not start while one of these is missing from the vault. Add STOCK_PARTNER_KEY, SMTP_URL or ALARM_CHAT_URL where they are used. */
const inVault: ReadonlySet<SecretSetting> = new Set(["PAYMENTS_KEY", "LINK_KEYS"]);

export const mountedSecretsOf = (role: Role): readonly SecretSetting[] =>
  role.secrets.filter((setting) => inVault.has(setting));

/** The secrets of one role, read from the vault under the role's own identity. */
export function secretsOf(role: Role): SecretProviderClass {
  const secrets = mountedSecretsOf(role);
  const objects = secrets.map(
    (setting) => `  - |\n    objectName: ${secretNameOf(setting)}\n    objectType: secret\n`,
  );
  return {
    apiVersion: "secrets-store.csi.x-k8s.io/v1",
    kind: "SecretProviderClass",
    metadata: { name: role.name, namespace: NAMESPACE },
    spec: {
      provider: "azure",
      parameters: {
        clientID: filledIn("client_id", role),
        keyvaultName: filledIn("key_vault_name"),
        tenantId: filledIn("azure_tenant_id"),
        objects: `array:\n${objects.join("")}`,
      },
      secretObjects: [
        {
          secretName: role.name,
          type: "Opaque",
          data: secrets.map((setting) => ({ objectName: secretNameOf(setting), key: setting })),
        },
      ],
    },
  };
}
