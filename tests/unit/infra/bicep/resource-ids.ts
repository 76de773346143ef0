/** Where a deployment goes to. */
export const SUBSCRIPTION = "11111111-1111-1111-1111-111111111111";

/** `/…/providers/Microsoft.X/a/b` and a name for each segment of the type after the provider. */
export function resourceIdOf(group: string | undefined, type: string, fullName: string): string {
  const scope = `/subscriptions/${SUBSCRIPTION}${group === undefined ? "" : `/resourceGroups/${group}`}`;
  if (type === "Microsoft.Resources/resourceGroups") return `${scope}/resourceGroups/${fullName}`;
  const [provider = "", ...kinds] = type.split("/");
  const names = fullName.split("/");
  if (names.length !== kinds.length)
    throw new Error(`${type} needs ${kinds.length} names, there is ${fullName}`);
  return `${scope}/providers/${provider}/${kinds.map((kind, i) => `${kind}/${names[i]}`).join("/")}`;
}

interface Identified {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly location: unknown;
}

const last = (name: string): string => name.split("/").at(-1) ?? "";

/** What Azure would tell of a resource once it is there, as far as our templates ask. */
const answers: Readonly<Record<string, (resource: Identified) => Record<string, unknown>>> = {
  "Microsoft.ServiceBus/namespaces": ({ name }) => ({
    serviceBusEndpoint: `https://${name}.servicebus.windows.net:443/`,
  }),
  "Microsoft.DocumentDB/databaseAccounts": ({ name }) => ({
    documentEndpoint: `https://${name}.documents.azure.com:443/`,
  }),
  "Microsoft.Web/sites": ({ name }) => ({ defaultHostName: `${name}.azurewebsites.net` }),
  "Microsoft.ApiManagement/service": ({ name }) => ({ gatewayUrl: `https://${name}.azure-api.net` }),
  "Microsoft.Communication/communicationServices": ({ name }) => ({
    hostName: `${name}.europe.communication.azure.com`,
  }),
};

/** A resource as expressions see it: `id`, `name`, `properties` and so on. */
export const seenByExpressions = (resource: Identified): Record<string, unknown> => ({
  id: resource.id,
  name: resource.name,
  type: resource.type,
  location: resource.location,
  properties: answers[resource.type]?.(resource) ?? {},
  shortName: last(resource.name),
});
