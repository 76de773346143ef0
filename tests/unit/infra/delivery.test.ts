import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { roles } from "../../../scripts/infra/roles.ts";
import { textAt, valueAt } from "./environments.ts";
import { projectRoot, readText } from "./templates.ts";

const folder = ".github/workflows";
const workflows = readdirSync(join(projectRoot, folder)).map((name) => ({
  name,
  text: readText(`${folder}/${name}`),
}));

/** What a workflow must not do, and what it must say. */
function faultsOf({ name, text }: { readonly name: string; readonly text: string }): string[] {
  const workflow: unknown = parse(text);
  const jobs = Object.entries(Object(valueAt(workflow, "jobs")));
  const steps = jobs.flatMap(([, job]): unknown[] => {
    const list = valueAt(job, "steps");
    return Array.isArray(list) ? list : [];
  });
  const uses = steps.map((step) => textAt(step, "uses")).filter((action) => action !== "");
  const faults = [
    ...uses.filter((action) => !/@[0-9a-f]{40}$/.test(action)).map((action) => `${action} is not pinned`),
    ...jobs
      .filter(([, job]) => valueAt(job, "timeout-minutes") === undefined)
      .map(([job]) => `${job} may run for ever`),
    ...(valueAt(workflow, "permissions", "contents") === "read" ? [] : ["permissions are not said"]),
    ...(/pull_request_target/.test(text) ? ["code of strangers would run with our rights"] : []),
    ...(/client-secret|AZURE_CREDENTIALS|creds:/.test(text) ? ["signs in with a password"] : []),
    ...steps
      .filter((step) => /\$\{\{\s*github\.(event|head_ref)/.test(textAt(step, "run")))
      .map(() => "puts foreign text into a command"),
  ];
  return faults.map((fault) => `${name}: ${fault}`);
}

test("workflows are pinned, limited in time and rights, and sign in without a password", () => {
  expect(workflows.length).toBeGreaterThan(2);
  expect(workflows.flatMap(faultsOf)).toEqual([]);
});

test.each([
  [
    "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8",
    "actions/checkout@v5",
    "actions/checkout@v5 is not pinned",
  ],
  ["    timeout-minutes: 15\n    strategy", "    strategy", "test may run for ever"],
  ["permissions:\n  contents: read\n", "", "permissions are not said"],
  ["  pull_request:\n", "  pull_request_target:\n", "code of strangers would run with our rights"],
  ["- run: npm ci", "- run: az login --client-secret $SECRET", "signs in with a password"],
  ["npm run check", "echo ${{ github.event.pull_request.title }}", "puts foreign text into a command"],
])("a planted violation is found: %s", (passage, replacement, found) => {
  const text = readText(`${folder}/ci.yml`);
  expect(text).toContain(passage);
  expect(faultsOf({ name: "ci.yml", text: text.replace(passage, replacement) })).toContain(
    `ci.yml: ${found}`,
  );
});

test("the compiler and a preview of the changes are part of the pipeline", () => {
  const all = workflows.map(({ text }) => text).join("\n");
  for (const step of [
    "npm run check",
    "az bicep build",
    "azd provision --preview",
    "azd down --force --purge",
  ])
    expect(all).toContain(step);
});

test("everything that is deployed is a function app of azd's, packed before", () => {
  const azure: unknown = parse(readText("azure.yaml"));
  const services = Object.entries(Object(valueAt(azure, "services")));
  expect(services.map(([name]) => name)).toEqual(roles.map(({ name }) => name));
  for (const [, service] of services)
    expect(service).toMatchObject({ host: "function", project: "dist/app", remoteBuild: false });
  for (const hook of ["prepackage", "predeploy"])
    for (const system of ["posix", "windows"])
      expect(textAt(azure, "hooks", hook, system, "run")).toContain("scripts/deployment-package.ts");
});

test("the image holds the package and nothing else, and does not run as root", () => {
  const dockerfile = readText("Dockerfile");
  const last = dockerfile.slice(dockerfile.lastIndexOf("FROM "));
  expect([...last.matchAll(/^COPY .*$/gm)].map(([line]) => line)).toEqual([
    "COPY --from=build --chown=1654:1654 /src/dist/app /home/site/wwwroot",
  ]);
  const user = /^USER (\d+):\d+$/m.exec(last)?.[1];
  expect(Number(user)).toBeGreaterThan(1000);
  const pod: unknown = parse(
    readText("infra/kubernetes/stock.yaml")
      .split("---\n")
      .find((text) => text.includes("kind: Deployment")) ?? "",
  );
  expect(valueAt(pod, "spec", "template", "spec", "securityContext", "runAsUser")).toBe(Number(user));
});

test("what the builder is not given cannot get into the image", () => {
  const lines = readText(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines[0]).toBe("*");
  const copied = [...readText("Dockerfile").matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
    ([, paths = ""]) => paths.split(" "),
  );
  expect(
    lines
      .slice(1)
      .map((line) => line.slice(1))
      .toSorted(),
  ).toEqual(copied.toSorted());
});
