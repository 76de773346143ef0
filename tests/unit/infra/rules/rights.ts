import type { Plan, Planned } from "../bicep/template.ts";

/** The built-in roles that may be given to anybody: no control of resources, no keys. */
export const allowedRoles: Readonly<Record<string, string>> = {
  "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0": "Azure Service Bus Data Receiver",
  "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39": "Azure Service Bus Data Sender",
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "4633458b-17de-408a-b874-0445c86b69e6": "Key Vault Secrets User",
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": "Key Vault Secrets Officer",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
  "43d0d8ad-25c7-4714-9337-8ba259a9fe05": "Monitoring Reader",
};

/** What custom roles may contain. */
const ALLOWED_ACTIONS = new Set([
  "Microsoft.ServiceBus/namespaces/read",
  "Microsoft.ServiceBus/namespaces/*/read",
  "Microsoft.Communication/CommunicationServices/read",
  "Microsoft.Communication/CommunicationServices/write",
  "Microsoft.Communication/EmailServices/write",
  "Microsoft.DocumentDB/databaseAccounts/readMetadata",
]);

const textIn = (value: unknown, name: string): string => {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
  return typeof found === "string" ? found : "";
};

const propertiesOf = ({ body }: Planned): unknown => body["properties"];

export const roleAssignmentsOf = ({ resources }: Plan): Planned[] =>
  resources.filter(({ type }) => type === "Microsoft.Authorization/roleAssignments");

/** The name of the built-in role, or the end of the id of a custom one. */
export function roleOf(assignment: Planned): string {
  const id = textIn(propertiesOf(assignment), "roleDefinitionId").split("/").at(-1) ?? "";
  return allowedRoles[id] ?? id;
}

export const principalOf = (assignment: Planned): string => textIn(propertiesOf(assignment), "principalId");

/** Every right is one of the allowed roles or a custom role of ours, and is given on one resource, not on a whole group. */
export function tooLargeRights(plan: Plan): string[] {
  const custom = new Set(
    plan.resources
      .filter(({ type }) => type === "Microsoft.Authorization/roleDefinitions")
      .map(({ name }) => name),
  );
  return roleAssignmentsOf(plan).flatMap((assignment) => {
    const role = textIn(propertiesOf(assignment), "roleDefinitionId").split("/").at(-1) ?? "";
    const faults: string[] = [];
    if (!(role in allowedRoles) && !custom.has(role)) faults.push(`gives the role ${role}`);
    if (assignment.scope === undefined) faults.push("is for the whole resource group");
    return faults.map((fault) => `${assignment.file}: ${assignment.symbol} ${fault}`);
  });
}

/** Custom roles allow nothing but what was thought about. */
export function tooLargeRoles({ resources }: Plan): string[] {
  return resources
    .filter(({ type }) => /roleDefinitions$/i.test(type))
    .flatMap((role) => {
      const permissions: unknown = Reflect.get(Object(propertiesOf(role)), "permissions");
      const actions = Array.isArray(permissions)
        ? permissions.flatMap((permission: unknown) => Object.values(Object(permission)).flat())
        : [];
      return actions
        .filter((action) => !ALLOWED_ACTIONS.has(String(action)))
        .map((action) => `${role.file}: ${role.symbol} allows ${String(action)}`);
    });
}
