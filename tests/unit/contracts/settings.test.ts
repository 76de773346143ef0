import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseSettings, Settings } from "#shared/contracts/settings.ts";

const SECRET = "hunter2-very-secret";

const enough = {
  COSMOS_ENDPOINT: "http://127.0.0.1:8081/",
  COSMOS_KEY: SECRET,
  SERVICE_BUS: `Endpoint=sb://localhost;SharedAccessKey=${SECRET}`,
  SWEEP_SCHEDULE: "*/5 * * * * *",
  RELEASE_SCHEDULE: "*/15 * * * * *",
  FOLLOW_UP_SCHEDULE: "*/5 * * * * *",
  PUBLIC_URL: "https://shop.example",
  LINK_KEYS: "a-new-key-of-our-own,the-key-before-that",
  WATCH_SCHEDULE: "0 * * * * *",
  RECONCILE_SCHEDULE: "0 30 3 * * *",
  PAYMENTS_URL: "http://127.0.0.1:7080/payments",
  PAYMENTS_KEY: SECRET,
  MAIL_CONNECTION_STRING: `endpoint=http://127.0.0.1:7080/;accesskey=${SECRET}`,
};

const refusalOf = (environment: Readonly<Record<string, string | undefined>>): string => {
  try {
    parseSettings(environment);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("These settings were taken");
};

const without = (...names: readonly string[]): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(enough).filter(([name]) => !names.includes(name)));

describe("settings", () => {
  test("what has a sensible default may be left out, and other variables of the environment do no harm", () => {
    expect(parseSettings({ ...enough, PATH: "/usr/bin" })).toEqual({
      ...enough,
      COSMOS_DATABASE: "expedite",
      ANSWER_WITHIN_MS: 72 * 3_600_000,
      REMIND_BEFORE_MS: 24 * 3_600_000,
      RETRY_BASE_MS: 10_000,
      RETRY_CAP_MS: 900_000,
      CIRCUIT_OPEN_MS: 30_000,
      CIRCUIT_OPEN_CAP_MS: 300_000,
      MAIL_AMBIGUOUS_SENDS: 2,
      STOCK_PROVIDER: "cosmos",
      MAIL_PROVIDER: "acs",
      OTEL_SERVICE_NAME: "expedite",
      RUNBOOK_URL: "docs/operations.md",
      TELEMETRY_TO_TERMINAL: false,
      TELEMETRY_SAMPLING: 1,
      WEBHOOK_PRIVATE_TARGETS: "",
    });
  });

  test("an empty value is a missing one", () => {
    expect(refusalOf({ ...enough, PAYMENTS_KEY: "" })).toContain("PAYMENTS_KEY");
    expect(parseSettings({ ...enough, SMTP_URL: "" })).not.toHaveProperty("SMTP_URL");
  });

  test("all faults are listed at once, those between settings among them", () => {
    const refusal = refusalOf({
      ...without("PAYMENTS_KEY", "SERVICE_BUS", "MAIL_CONNECTION_STRING"),
      COSMOS_ENDPOINT: "not a url",
      RETRY_BASE_MS: "soon",
      STOCK_PROVIDER: "partner",
    });
    const faults = refusal.split("\n").slice(1).toSorted();
    expect(faults.map((line) => line.trim().split(":")[0])).toEqual([
      "COSMOS_ENDPOINT",
      "MAIL_CONNECTION_STRING",
      "PAYMENTS_KEY",
      "RETRY_BASE_MS",
      "SERVICE_BUS",
      "STOCK_PARTNER_URL",
    ]);
  });

  test("no value is ever printed, for it may be a secret", () => {
    const names = Object.keys(Settings.shape);
    const refusal = refusalOf(Object.fromEntries(names.map((name) => [name, `\u0000${SECRET}`])));
    expect(refusal).not.toContain(SECRET);
    expect(refusal).toContain("COSMOS_ENDPOINT");
  });

  test.each([
    ["a URL of another protocol", { PAYMENTS_URL: "file:///etc/passwd" }, "PAYMENTS_URL"],
    ["a wait of zero", { RETRY_BASE_MS: "0" }, "RETRY_BASE_MS"],
    ["a provider that nobody knows", { MAIL_PROVIDER: "pigeon" }, "MAIL_PROVIDER"],
    ["SMTP without its address", { MAIL_PROVIDER: "smtp" }, "SMTP_URL"],
    ["a key for links that can be guessed", { LINK_KEYS: "a-new-key-of-our-own,short" }, "LINK_KEYS"],
    ["a connection string of something else", { SERVICE_BUS: "AccountName=x;Key=y" }, "SERVICE_BUS"],
    ["a mail connection without its endpoint", { MAIL_CONNECTION_STRING: "key=y" }, "MAIL_CONNECTION_STRING"],
    [
      "a private target without its port",
      { WEBHOOK_PRIVATE_TARGETS: "localhost" },
      "WEBHOOK_PRIVATE_TARGETS",
    ],
    ["a private target that is a URL", { WEBHOOK_PRIVATE_TARGETS: "http://x:80" }, "WEBHOOK_PRIVATE_TARGETS"],
    ["a schedule without seconds", { SWEEP_SCHEDULE: "*/5 * * * *" }, "SWEEP_SCHEDULE"],
    ["a schedule in words", { RECONCILE_SCHEDULE: "at night" }, "RECONCILE_SCHEDULE"],
    [
      "a stock partner without its key",
      { STOCK_PROVIDER: "partner", STOCK_PARTNER_URL: "http://x/" },
      "STOCK_PARTNER",
    ],
  ])("%s is refused by name", (_what, wrong, name) => {
    expect(refusalOf({ ...enough, ...wrong })).toContain(`  ${name}`);
  });

  test.each([
    [
      "a managed identity instead of keys",
      {
        ...without("COSMOS_KEY", "SERVICE_BUS", "MAIL_CONNECTION_STRING"),
        SERVICE_BUS__fullyQualifiedNamespace: "x.servicebus.windows.net",
        MAIL_ENDPOINT: "https://x.communication.azure.com",
      },
    ],
    [
      "SMTP instead of Azure's mail",
      { ...without("MAIL_CONNECTION_STRING"), MAIL_PROVIDER: "smtp", SMTP_URL: "smtps://mail.example:465" },
    ],
    [
      "a stock partner",
      { ...enough, STOCK_PROVIDER: "partner", STOCK_PARTNER_URL: "https://s/", STOCK_PARTNER_KEY: "k" },
    ],
    [
      "private targets of every kind",
      { ...enough, WEBHOOK_PRIVATE_TARGETS: "10.0.0.1:80, [::1]:8080,x.local:1" },
    ],
  ])("%s is enough", (_what, environment) => {
    expect(() => parseSettings(environment)).not.toThrow();
  });
});

test("the sample names every setting and no other, beside the two of the Functions host, and is taken as it is", () => {
  const sample: { Values: Record<string, string> } = JSON.parse(
    readFileSync(new URL("../../../local.settings.sample.json", import.meta.url), "utf8"),
  );
  const { FUNCTIONS_WORKER_RUNTIME, AzureWebJobsStorage, ...ours } = sample.Values;
  expect([FUNCTIONS_WORKER_RUNTIME, AzureWebJobsStorage]).toEqual(["node", "UseDevelopmentStorage=true"]);
  expect(Object.keys(ours).toSorted()).toEqual(Object.keys(Settings.shape).toSorted());
  expect(() => parseSettings(ours)).not.toThrow();
});
