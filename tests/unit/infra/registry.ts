import type { Call } from "./bicep/template.ts";
import { resourceIdOf } from "./bicep/resource-ids.ts";

type Kind = "string" | "boolean" | "number" | "array" | "object";

/**
 * The modules of the public registry that we call, with the parameters that we use and all that they require, looked up in
 * the modules' own sources. What is not in this list is refused: look it up, and add it.
 */
interface RegistryModule {
  readonly version: string;
  readonly required: readonly string[];
  readonly parameters: Readonly<Record<string, Kind>>;
  /** Values without which keys would be in use. */
  readonly localAuthOff: Readonly<Record<string, boolean>>;
  readonly outputs: (name: string, group: string) => Record<string, unknown>;
}

const usual = { name: "string", location: "string", tags: "object" } as const;

const outputsOf =
  (type: string, more: (name: string) => Record<string, unknown> = () => ({})) =>
  (name: string, group: string): Record<string, unknown> => ({
    name,
    resourceId: resourceIdOf(group, type, name),
    ...more(name),
  });

export const registry: Readonly<Record<string, RegistryModule>> = {
  "avm/res/managed-identity/user-assigned-identity": {
    version: "0.4.1",
    required: ["name"],
    parameters: { ...usual, federatedIdentityCredentials: "array" },
    localAuthOff: {},
    outputs: outputsOf("Microsoft.ManagedIdentity/userAssignedIdentities", (name) => ({
      principalId: `principal-of-${name}`,
      clientId: `client-of-${name}`,
    })),
  },
  "avm/res/insights/component": {
    version: "0.6.0",
    required: ["name", "workspaceResourceId"],
    parameters: {
      ...usual,
      workspaceResourceId: "string",
      kind: "string",
      applicationType: "string",
      disableLocalAuth: "boolean",
      disableIpMasking: "boolean",
      retentionInDays: "number",
    },
    localAuthOff: { disableLocalAuth: true },
    outputs: outputsOf("Microsoft.Insights/components", (name) => ({
      connectionString: `InstrumentationKey=${name};IngestionEndpoint=https://in.applicationinsights.azure.com/`,
    })),
  },
  "avm/res/key-vault/vault": {
    version: "0.13.3",
    required: ["name"],
    parameters: {
      ...usual,
      sku: "string",
      enableRbacAuthorization: "boolean",
      enableSoftDelete: "boolean",
      softDeleteRetentionInDays: "number",
      enablePurgeProtection: "boolean",
      enableVaultForDeployment: "boolean",
      enableVaultForDiskEncryption: "boolean",
      enableVaultForTemplateDeployment: "boolean",
      publicNetworkAccess: "string",
      diagnosticSettings: "array",
    },
    localAuthOff: { enableRbacAuthorization: true },
    outputs: outputsOf("Microsoft.KeyVault/vaults", (name) => ({ uri: `https://${name}.vault.azure.net/` })),
  },
  "avm/res/storage/storage-account": {
    version: "0.32.0",
    required: ["name"],
    parameters: {
      ...usual,
      kind: "string",
      skuName: "string",
      allowSharedKeyAccess: "boolean",
      defaultToOAuthAuthentication: "boolean",
      allowBlobPublicAccess: "boolean",
      minimumTlsVersion: "string",
      publicNetworkAccess: "string",
      networkAcls: "object",
      blobServices: "object",
      roleAssignments: "array",
    },
    localAuthOff: { allowSharedKeyAccess: false, allowBlobPublicAccess: false },
    outputs: outputsOf("Microsoft.Storage/storageAccounts", (name) => ({
      primaryBlobEndpoint: `https://${name}.blob.core.windows.net/`,
    })),
  },
  "avm/res/network/private-dns-zone": {
    version: "0.7.1",
    required: ["name"],
    parameters: { ...usual, virtualNetworkLinks: "array" },
    localAuthOff: {},
    outputs: outputsOf("Microsoft.Network/privateDnsZones"),
  },
  "avm/res/network/private-endpoint": {
    version: "0.11.1",
    required: ["name", "subnetResourceId"],
    parameters: {
      ...usual,
      subnetResourceId: "string",
      privateLinkServiceConnections: "array",
      privateDnsZoneGroup: "object",
    },
    localAuthOff: {},
    outputs: outputsOf("Microsoft.Network/privateEndpoints"),
  },
};

const ADDRESS = /^br\/public:(?<path>avm\/res\/[a-z0-9/-]+):(?<version>\d+\.\d+\.\d+)$/;

/** The module that an address names; undefined where the address is not exact or the module not in the list. */
export function registryModule(reference: string): RegistryModule | undefined {
  const { path = "", version } = ADDRESS.exec(reference)?.groups ?? {};
  const module = registry[path];
  return module?.version === version ? module : undefined;
}

const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : typeof value);

/** What is wrong with a call, if anything. */
export function faultsOfCall({ reference, parameters }: Call): string[] {
  const module = registryModule(reference);
  if (module === undefined) return [`${reference} is not a module that was looked up`];
  const missing = module.required.filter((name) => !(name in parameters)).map((name) => `${name} is missing`);
  const wrong = Object.entries(parameters).flatMap(([name, value]) => {
    const kind = module.parameters[name];
    if (kind === undefined) return [`${name} was not looked up`];
    return value === null || kindOf(value) === kind ? [] : [`${name} should be ${kind}`];
  });
  const open = Object.entries(module.localAuthOff)
    .filter(([name, value]) => parameters[name] !== value)
    .map(([name, value]) => `${name} is not ${value}`);
  return [...missing, ...wrong, ...open].map((fault) => `${reference}: ${fault}`);
}

export function callRegistry(call: Call, group: string): Record<string, unknown> {
  const name = call.parameters["name"];
  return registryModule(call.reference)?.outputs(typeof name === "string" ? name : "", group) ?? {};
}
