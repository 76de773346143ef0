import { describe, expect, test } from "vitest";
import { metrics } from "#shared/contracts/metrics.ts";
import { alarmKinds } from "#shared/contracts/watch.ts";
import { burnWindows, FAILURES_AT_LEAST, OBJECTIVE } from "#shared/domain/alarms/burn-rate.ts";
import type { Plan } from "./bicep/template.ts";
import { ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { queryChecker } from "./kusto.ts";
import { deploy, planted, readText, templatesOf } from "./templates.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

interface Rule {
  readonly name: string;
  readonly severity: number;
  readonly group: string | undefined;
  readonly query: string;
}

/** Rules over what our own code measures. */
const rulesOf = (plan: Plan): Rule[] =>
  ofType(plan, "Microsoft.Insights/scheduledQueryRules").map(({ name, body }) => ({
    name,
    severity: Number(valueAt(body, "properties", "severity")),
    group: /ag-(page|ticket)-/.exec(String(valueAt(body, "properties", "actions", "actionGroups", 0)))?.[1],
    query: String(valueAt(body, "properties", "criteria", "allOf", 0, "query")),
  }));

const production = planOfEnvironment("production");
const plantedAlarms = (passage: string, replacement: string): Plan =>
  deploy({}, templatesOf(planted("infra/app/alarms.bicep", passage, replacement)));

describe("alarms of our own watch", () => {
  /** Kinds that lack a rule for their ticket or their page. */
  const withoutRules = (rules: readonly Rule[]): string[] =>
    alarmKinds
      .filter((kind) => kind !== "orders-refused-burn")
      .filter((kind) => {
        const own = rules.filter(({ query }) => query.includes(`customDimensions.kind) == "${kind}"`));
        const said = own.map(({ query, severity, group }) => [
          /valueMax == (\d)/.exec(query)?.[1],
          severity,
          group,
        ]);
        return (
          JSON.stringify(said) !==
          JSON.stringify([
            ["1", 2, "ticket"],
            ["2", 1, "page"],
          ])
        );
      });

  test("have a rule for the ticket and one for the page", () => {
    expect(withoutRules(rulesOf(production))).toEqual([]);
  });

  test.each([
    ["    kind: 'circuit-open'", "    kind: 'circuit-closed'", "circuit-open"],
    ["      loudness: 'page'\n      level: 2", "      loudness: 'page'\n      level: 1", "backlog-age"],
    ["pair.loudness == 'page' ? pageGroupId : ticketGroupId", "ticketGroupId", "backlog-age"],
  ])("a planted violation is found: %j instead of %j", (passage, replacement, found) => {
    expect(withoutRules(rulesOf(plantedAlarms(passage, replacement)))).toContain(found);
  });
});

describe("orders that are refused", () => {
  const duration = (ms: number): string => (ms < HOUR_MS ? `${ms / MINUTE_MS}m` : `${ms / HOUR_MS}h`);
  const burnOf = (plan: Plan) =>
    rulesOf(plan)
      .filter(({ name }) => name.includes("orders-refused-burn"))
      .map(({ query, severity, group }) => ({
        windows: [...new Set([...query.matchAll(/ago\((\w+)\)/g)].map(([, window]) => window))],
        rates: [...query.matchAll(/>= ([\d.]+ \* [\d.]+)/g)].map(([, rate]) => rate),
        atLeast: Number(/longBad >= (\d+)/.exec(query)?.[1]),
        byTheWatch: query.includes("alarm.ringing"),
        severity,
        group,
      }));
  const asInCode = burnWindows.map(({ longMs, shortMs, times, loudness }) => ({
    windows: [duration(longMs), duration(shortMs)],
    rates: Array.from({ length: 2 }, () => `${times.toFixed(1)} * ${(1 - OBJECTIVE).toFixed(5)}`),
    atLeast: FAILURES_AT_LEAST,
    byTheWatch: false,
    severity: loudness === "page" ? 1 : 2,
    group: loudness,
  }));

  test("ring by the windows and rates of the code, and without the watch", () => {
    expect(burnOf(production)).toEqual(asInCode);
  });

  test.each([
    ["    short: '30m'", "    short: '3m'"],
    ["    times: '14.4'", "    times: '1.4'"],
    ["longBad >= 3 and", "longBad >= 30 and"],
  ])("a planted violation is found: %j instead of %j", (passage, replacement) => {
    expect(burnOf(plantedAlarms(passage, replacement))).not.toEqual(asInCode);
  });
});

const workbookQueries = (text: string): string[] => {
  const workbook: { items: { content: { query?: string } }[] } = JSON.parse(text);
  return workbook.items.flatMap(({ content: { query } }) => (query === undefined ? [] : [query]));
};
const workbook = readText("infra/app/workbook.json");

describe("queries", () => {
  const check = queryChecker();
  const ofRules = rulesOf(production).map(({ query }) => query);

  test("of every rule and of the workbook are Kusto, by Microsoft's own parser", () => {
    const all = [...ofRules, ...workbookQueries(workbook)];
    expect(all.length).toBeGreaterThan(20);
    expect(all.flatMap((query) => check(query).map((fault) => `${fault} In: ${query}`))).toEqual([]);
  });

  test.each([
    ["summarize", "summarise", "Query operator expected"],
    ["valueMax", "valueMaximum", "'valueMaximum' does not refer to any known column"],
    ["arg_max(timestamp", "arg_max(timestamp(", "does not refer to any known function"],
  ])("a planted violation is found: %j instead of %j", (passage, replacement, found) => {
    const query = ofRules.find((each) => each.includes(passage) && each.includes("alarm.ringing")) ?? "";
    expect(check(query)).toEqual([]);
    expect(check(query.replace(passage, replacement)).join(" ")).toContain(found);
  });
});

describe("metrics", () => {
  const namesIn = (query: string): string[] =>
    [...query.matchAll(/name == "([^"]+)"/g)].map(([, name = ""]) => name);
  /** Metrics of which another one is in the workbook. */
  const elsewhere = new Set(["backlog.processed", "message.time_to_done"]);

  function faultsOf(rules: readonly Rule[], workbookText: string): string[] {
    const shown = workbookQueries(workbookText).flatMap(namesIn);
    const asked = [...shown, ...rules.flatMap(({ query }) => namesIn(query))];
    return [
      ...asked.filter((name) => !(name in metrics)).map((name) => `nobody records ${name}`),
      ...Object.keys(metrics)
        .filter((name) => !shown.includes(name) && !elsewhere.has(name))
        .map((name) => `the workbook does not show ${name}`),
    ];
  }

  test("that rules and workbook ask for exist, and the workbook shows every one", () => {
    expect(faultsOf(rulesOf(production), workbook)).toEqual([]);
  });

  test("a planted violation is found: a rule over a metric that nobody records", () => {
    const rules = rulesOf(plantedAlarms('name == "alarm.ringing"', 'name == "alarm.rings"'));
    expect(faultsOf(rules, workbook)).toContain("nobody records alarm.rings");
  });

  test("a planted violation is found: a workbook that shows something else", () => {
    const other = workbook.replaceAll("circuit.open", "circuit.closed");
    expect(faultsOf(rulesOf(production), other)).toEqual([
      "nobody records circuit.closed",
      "the workbook does not show circuit.open",
    ]);
  });
});

describe("sections of docs/operations.md", () => {
  const linksOf = (plan: Plan): string[] =>
    ["metricAlerts", "scheduledQueryRules"]
      .flatMap((type) => ofType(plan, `Microsoft.Insights/${type}`))
      .map(
        ({ body }) =>
          String(valueAt(body, "properties", "description"))
            .split("#")
            .at(-1) ?? "",
      );

  function faultsOf(links: readonly string[], markdown: string): string[] {
    const [, ofAlarms = ""] = markdown.split(/^## Alarms$/m);
    const sections = [...(ofAlarms.split(/^## /m)[0] ?? "").matchAll(/^### (.+)$/gm)].map(
      ([, name = ""]) => name,
    );
    const wanted = new Set([...links, ...alarmKinds]);
    return [
      ...[...wanted].filter((link) => !sections.includes(link)).map((link) => `${link} has no section`),
      ...sections.filter((name) => !wanted.has(name)).map((name) => `no alarm is called ${name}`),
    ];
  }
  const operations = readText("docs/operations.md");

  test("are there for every alarm, and every one is that of an alarm", () => {
    expect(faultsOf(linksOf(production), operations)).toEqual([]);
  });

  test("a planted violation is found: a section under another name", () => {
    const renamed = operations.replace("### circuit-open", "### circuit-closed");
    expect(faultsOf(linksOf(production), renamed)).toEqual([
      "circuit-open has no section",
      "no alarm is called circuit-closed",
    ]);
  });

  test("a planted violation is found: an alarm that links to nowhere", () => {
    const links = linksOf(
      plantedAlarms("${runbookUrl}#watch-silent'\n    severity", "${runbookUrl}#silence'\n    severity"),
    );
    expect(faultsOf(links, operations)).toContain("silence has no section");
  });
});
