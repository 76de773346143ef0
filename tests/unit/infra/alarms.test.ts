import { expect, test } from "vitest";
import { metrics } from "#shared/contracts/metrics.ts";
import { alarmKinds } from "#shared/contracts/watch.ts";
import { queueNames, topicNames } from "#shared/contracts/topology.ts";
import type { Plan } from "./bicep/template.ts";
import { ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { deploy, planted, readText, templatesOf } from "./templates.ts";

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

/** As GitHub makes the anchor of a heading. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, "")
      .replaceAll(" ", "-"),
  );

/** Rules over what our own watch reports. */
const watchRules = ofType(planOfEnvironment("production"), "Microsoft.Insights/scheduledQueryRules").map(
  ({ name, body }) => ({
    name,
    description: String(valueAt(body, "properties", "description")),
    severity: Number(valueAt(body, "properties", "severity")),
    group: String(valueAt(body, "properties", "actions", "actionGroups", 0)),
    query: String(valueAt(body, "properties", "criteria", "allOf", 0, "query")),
  }),
);

test("every alarm of our own watch has a rule for its ticket and one for its page", () => {
  for (const kind of alarmKinds) {
    const found = watchRules.filter(({ query }) => query.includes(`customDimensions.kind) == "${kind}"`));
    expect(found.map(({ severity, group }) => [severity, /ag-(page|ticket)-/.exec(group)?.[1]])).toEqual([
      [2, "ticket"],
      [1, "page"],
    ]);
    expect(found.map(({ query }) => /valueMax == (\d)/.exec(query)?.[1])).toEqual(["1", "2"]);
  }
});

/** Metrics that a query asks for. */
const metricsIn = (query: string): string[] =>
  [...query.matchAll(/name == "([^"]+)"/g)].map(([, name = ""]) => name);

test("the workbook and the rules ask for metrics that exist, and the workbook for every one", () => {
  const workbook: { items: { content: { query?: string } }[] } = JSON.parse(
    readText("infra/app/workbook.json"),
  );
  const shown = workbook.items.flatMap(({ content }) => metricsIn(content.query ?? ""));
  const asked = [...shown, ...watchRules.flatMap(({ query }) => metricsIn(query))];
  expect(asked.filter((name) => !(name in metrics))).toEqual([]);
  const elsewhere = new Set(["backlog.processed", "message.time_to_done"]);
  expect(Object.keys(metrics).filter((name) => !shown.includes(name) && !elsewhere.has(name))).toEqual([]);
});

test("a planted violation is found: a rule over a metric that nobody records", () => {
  const templates = templatesOf(
    planted("infra/app/alarms.bicep", 'name == "alarm.ringing"', 'name == "alarm.rings"'),
  );
  const [rule] = ofType(deploy({}, templates), "Microsoft.Insights/scheduledQueryRules");
  const query = String(valueAt(rule?.body, "properties", "criteria", "allOf", 0, "query"));
  expect(metricsIn(query).filter((name) => !(name in metrics))).toEqual(["alarm.rings"]);
});

test("every alarm links to its section in docs/operations.md, and every section is that of an alarm", () => {
  const operations = readText("docs/operations.md");
  const anchors = anchorsOf(operations);
  const links = [...alarms, ...watchRules].map(({ description }) => description.split("#").at(-1) ?? "");
  expect([...new Set(links)].filter((link) => !anchors.includes(link))).toEqual([]);
  const [, ofAlarms = ""] = operations.split(/^## Alarms$/m);
  const sections = [...(ofAlarms.split(/^## /m)[0] ?? "").matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  expect(sections.filter((section) => !links.includes(section ?? ""))).toEqual([]);
  expect(sections.length).toBeGreaterThan(15);
});
