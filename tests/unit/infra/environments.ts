import type { Plan, Planned } from "./bicep/template.ts";
import { deploy } from "./templates.ts";

/** What our templates are deployed with: the least, the most, a short-lived one, and one where Kubernetes runs the app. */
export const environments = {
  production: {},
  "behind private endpoints and a gateway": {
    privateNetworking: true,
    gatewaySku: "StandardV2",
    cosmosMode: "autoscale",
    nextRing: true,
    nextShare: 10,
    operatorsGroupId: "33333333-3333-3333-3333-333333333333",
    alertEmails: "ops@example.com, more@example.com",
    alertWebhook: "https://chat.example/hook",
    alarmChat: true,
    alarmChatUrl: "https://chat.example/hook",
    stockProvider: "partner",
    stockPartnerUrl: "https://stock.example",
    mailProvider: "smtp",
    paymentsKey: "secret",
    stockPartnerKey: "secret",
    smtpUrl: "smtps://user:secret@mail.example",
  },
  "a preview of a pull request": {
    environmentName: "pr-12",
    zoneRedundant: false,
    alwaysReady: 0,
    purgeProtection: false,
    backupTier: "Continuous7Days",
    gatewaySku: "BasicV2",
  },
  "where Kubernetes runs the app": {
    environmentName: "aks",
    kubernetesIssuer: "https://australiaeast.oic.prod-aks.azure.com/tenant/id/",
    kubernetesHostName: "shop.example",
  },
} as const;
export type EnvironmentName = keyof typeof environments;

const plans = new Map<EnvironmentName, Plan>();

export function planOfEnvironment(name: EnvironmentName): Plan {
  const plan = plans.get(name) ?? deploy(environments[name]);
  plans.set(name, plan);
  return plan;
}

const isEnvironment = (name: string): name is EnvironmentName => name in environments;
export const environmentNames = Object.keys(environments).filter(isEnvironment);

export const ofType = (plan: Plan, type: string): Planned[] =>
  plan.resources.filter((resource) => resource.type === type);

/** A value inside a resource, by its path; undefined where there is none. */
export function valueAt(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const name of path)
    found = typeof found === "object" && found !== null ? Reflect.get(found, name) : undefined;
  return found;
}

/** The same for text; empty where there is none. */
export function textAt(value: unknown, ...path: (string | number)[]): string {
  const found = valueAt(value, ...path);
  return typeof found === "string" ? found : "";
}

export const lastName = ({ name }: Planned): string => name.split("/").at(-1) ?? "";
