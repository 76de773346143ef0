import { expect, test } from "vitest";
import { type Role, roles } from "../../../scripts/infra/roles.ts";
import type { Plan } from "./bicep/template.ts";
import { environmentNames, ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { principalOf, roleAssignmentsOf, roleOf, tooLargeRights, tooLargeRoles } from "./rules/rights.ts";
import { deploy, planted, readText, templatesOf } from "./templates.ts";

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

test.each(environmentNames)("rights are data rights from a list, each on one resource: %s", (name) => {
  expect(tooLargeRights(planOfEnvironment(name))).toEqual([]);
  expect(tooLargeRoles(planOfEnvironment(name))).toEqual([]);
});

test.each([
  ["Owner", OWNER],
  ["Contributor", "b24988ac-6180-42a0-ab88-20f7382dd24c"],
  ["User Access Administrator", "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"],
])("a planted violation is found: somebody is made %s", (_, id) => {
  const templates = templatesOf(
    planted("infra/app/operators.bicep", "builtInRoles.monitoringReader)\n  }", `'${id}')\n  }`),
  );
  expect(tooLargeRights(deploy({ operatorsGroupId: "group" }, templates))).toEqual([
    `infra/app/operators.bicep: logs gives the role ${id}`,
  ]);
});

test("a planted violation is found: a right for the whole resource group", () => {
  const templates = templatesOf(planted("infra/app/role.bicep", "  scope: component\n", ""));
  expect(tooLargeRights(deploy({}, templates)).join("\n")).toContain(
    "publishesTelemetry is for the whole resource group",
  );
});

test("a planted violation is found: a custom role that may do everything", () => {
  const templates = templatesOf(
    planted("infra/app/mail.bicep", "'Microsoft.Communication/EmailServices/write'", "'*'"),
  );
  expect(tooLargeRoles(deploy({}, templates))).toEqual(["infra/app/mail.bicep: sender allows *"]);
});

test("the ids of the built-in roles are those that their names stand for", () => {
  const ids: Record<string, string> = JSON.parse(readText("infra/app/built-in-roles.json"));
  const named = Object.entries(ids).map(([name, id]) => [
    name,
    roleOf({ ...assignment, body: { properties: { roleDefinitionId: id } } }),
  ]);
  expect(Object.fromEntries(named)).toEqual({
    keyVaultSecretsOfficer: "Key Vault Secrets Officer",
    keyVaultSecretsUser: "Key Vault Secrets User",
    monitoringMetricsPublisher: "Monitoring Metrics Publisher",
    monitoringReader: "Monitoring Reader",
    serviceBusDataReceiver: "Azure Service Bus Data Receiver",
    serviceBusDataSender: "Azure Service Bus Data Sender",
    storageBlobDataOwner: "Storage Blob Data Owner",
  });
});

const assignment = { file: "", symbol: "", type: "", apiVersion: "", name: "", id: "", scope: undefined };

/** `right on what`, for one role. */
function rightsOf(plan: Plan, { name }: Role): string[] {
  return roleAssignmentsOf(plan)
    .filter((right) => principalOf(right).endsWith(`-${name}`))
    .map((right) => `${roleOf(right)} on ${right.scope?.split("/").at(-1) ?? "everything"}`)
    .toSorted();
}

test.each(roles)("$name may receive from its own queue and send where it sends, and nowhere else", (role) => {
  const rights = rightsOf(planOfEnvironment("production"), role);
  const sends = role.sendsTo.map((entity) => `Azure Service Bus Data Sender on ${entity}`);
  const receives = [...role.listensTo, ...role.peeksAt].map(
    (queue) => `Azure Service Bus Data Receiver on ${queue}`,
  );
  expect(rights.filter((right) => right.startsWith("Azure Service Bus"))).toEqual(
    [...receives, ...sends].toSorted(),
  );
});

test.each(roles)("$name sees secrets and sends mail only if that is its work", (role) => {
  const plan = planOfEnvironment("production");
  const rights = rightsOf(plan, role).join("\n");
  expect(rights.includes("Key Vault Secrets User")).toBe(role.secrets.length > 0);
  const mailRole = ofType(plan, "Microsoft.Authorization/roleDefinitions").find(
    ({ symbol }) => symbol === "sender",
  );
  expect(rights.includes(String(mailRole?.name))).toBe(role.sendsMail);
});

test.each(roles)("$name writes and reads the containers of its own work", (role) => {
  const plan = planOfEnvironment("production");
  const given = ofType(plan, "Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments")
    .filter(({ body }) => String(valueAt(body, "properties", "principalId")).endsWith(`-${role.name}`))
    .map(({ body }) => {
      const right = String(valueAt(body, "properties", "roleDefinitionId"))
        .split("/")
        .at(-1);
      const container = String(valueAt(body, "properties", "scope")).split("/colls/")[1];
      return container === undefined
        ? "metadata"
        : `${right?.endsWith("2") === true ? "write" : "read"} ${container}`;
    });
  const wanted = [
    "metadata",
    ...role.writes.map((container) => `write ${container}`),
    ...role.reads.map((container) => `read ${container}`),
  ];
  expect(given.toSorted()).toEqual(wanted.toSorted());
});

test("no two roles share a storage account: who may write a package may run code under the identity that reads it", () => {
  const accounts = planOfEnvironment("production").calls.filter(({ reference }) =>
    reference.includes("/storage-account:"),
  );
  const owners = accounts.map(({ parameters }) => valueAt(parameters, "roleAssignments", 0, "principalId"));
  expect(new Set(owners).size).toBe(roles.length);
  expect(accounts.map(({ parameters }) => valueAt(parameters, "roleAssignments", "length"))).toEqual(
    roles.map(() => 1),
  );
});

test("operators may look after messages, secrets and shop data, and only where a group is named", () => {
  const group = "33333333-3333-3333-3333-333333333333";
  const all = roleAssignmentsOf(planOfEnvironment("behind private endpoints and a gateway"));
  expect(
    all
      .filter((right) => principalOf(right) === group)
      .map(roleOf)
      .toSorted(),
  ).toEqual([
    "Azure Service Bus Data Receiver",
    "Azure Service Bus Data Sender",
    "Key Vault Secrets Officer",
    "Monitoring Reader",
  ]);
  const people = roleAssignmentsOf(planOfEnvironment("production")).filter(
    ({ body }) => valueAt(body, "properties", "principalType") !== "ServicePrincipal",
  );
  expect(people).toEqual([]);
});
