import { expect, test } from "vitest";
import { queueNames, topicNames } from "#shared/contracts/topology.ts";
import type { Plan } from "./bicep/template.ts";
import { ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { deploy, planted, templatesOf } from "./templates.ts";

interface Alarm {
  readonly entity: unknown;
  readonly metric: unknown;
  readonly aggregation: unknown;
  readonly window: unknown;
  readonly threshold: unknown;
  readonly severity: unknown;
  readonly group: string;
  readonly description: string;
}

function alarmsOf(plan: Plan): Alarm[] {
  return ofType(plan, "Microsoft.Insights/metricAlerts").map(({ body }) => {
    const criterion = valueAt(body, "properties", "criteria", "allOf", 0);
    return {
      entity: valueAt(criterion, "dimensions", 0, "values", 0),
      metric: valueAt(criterion, "metricName"),
      aggregation: valueAt(criterion, "timeAggregation"),
      threshold: valueAt(criterion, "threshold"),
      window: valueAt(body, "properties", "windowSize"),
      severity: valueAt(body, "properties", "severity"),
      group: String(valueAt(body, "properties", "actions", 0, "actionGroupId")),
      description: String(valueAt(body, "properties", "description")),
    };
  });
}

const alarms = alarmsOf(planOfEnvironment("production"));

/** Signals that every work queue has an alarm for: metric, how it is counted, and who is told. */
const signals = [
  ["DeadletteredMessages", "Maximum", "ticket"],
  ["DeadletteredMessages", "Maximum", "page"],
  ["ActiveMessages", "Minimum", "ticket"],
  ["ActiveMessages", "Minimum", "page"],
  ["ActiveMessages", "Average", "ticket"],
  ["ScheduledMessages", "Average", "ticket"],
] as const;

const missing = (found: readonly Alarm[]): string[] => {
  const queues = queueNames.flatMap((queue) =>
    signals
      .filter(
        ([metric, aggregation, group]) =>
          !found.some(
            (alarm) =>
              alarm.entity === queue &&
              alarm.metric === metric &&
              alarm.aggregation === aggregation &&
              alarm.group.includes(`ag-${group}-`),
          ),
      )
      .map(([metric, aggregation, group]) => `${queue}: ${aggregation} of ${metric} → ${group}`),
  );
  const topics = topicNames.filter(
    (topic) => !found.some((alarm) => alarm.entity === topic && alarm.metric === "DeadletteredMessages"),
  );
  return [...queues, ...topics];
};

test("every queue has its alarms, and every topic one for what could not be forwarded", () => {
  expect(missing(alarms)).toEqual([]);
});

test("a planted violation is found: no alarm for dead letters", () => {
  const templates = templatesOf(
    planted("infra/app/alarms.bicep", "metric: 'DeadletteredMessages'", "metric: 'CompleteMessage'"),
  );
  expect(missing(alarmsOf(deploy({}, templates)))).toContain(
    "stock: Maximum of DeadletteredMessages → ticket",
  );
});

test("goods and money may wait less long than mails and notices", () => {
  const windows = (queue: string): unknown[] =>
    alarms
      .filter(({ entity, aggregation }) => entity === queue && aggregation === "Minimum")
      .map(({ window }) => window);
  expect(windows("stock")).toEqual(["PT5M", "PT15M"]);
  expect(windows("customer-email")).toEqual(["PT15M", "PT30M"]);
});

test("Azure takes the windows and frequencies", () => {
  const windows = new Set(["PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D"]);
  expect(alarms.filter(({ window }) => !windows.has(String(window)))).toEqual([]);
});

test("what wakes somebody is severe, and what is severe wakes somebody", () => {
  const wrong = alarms.filter(({ severity, group }) => Number(severity) <= 1 !== group.includes("ag-page-"));
  expect(wrong.map(({ description }) => description)).toEqual([]);
});

test("mails and webhooks for alarms are told apart by comma, and may be empty", () => {
  const groupsOf = (plan: Plan) =>
    ofType(plan, "Microsoft.Insights/actionGroups").map(({ body }) => body["properties"]);
  expect(valueAt(groupsOf(planOfEnvironment("production")), 0, "emailReceivers")).toEqual([]);
  const many = groupsOf(planOfEnvironment("behind private endpoints and a gateway"));
  expect(valueAt(many, 0, "emailReceivers", 1, "emailAddress")).toBe("more@example.com");
  expect(valueAt(many, 1, "webhookReceivers", 0, "serviceUri")).toBe("https://chat.example/hook");
  expect(many.map((group) => String(valueAt(group, "groupShortName")).length <= 12)).toEqual([true, true]);
});
