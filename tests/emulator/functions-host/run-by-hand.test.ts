import { expect, test } from "vitest";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const timersAndHttp = `
      import { app } from "@azure/functions";
      const tell = (input, context) => context.log(JSON.stringify(input));
      app.timer("NightlyCount", { schedule: "0 0 3 * * *", handler: tell });
      app.timer("failing", { schedule: "0 0 3 * * *", handler: () => { throw new Error("no") } });
      app.http("page", { handler: () => ({ status: 200 }) });`;

const everyTrigger = () =>
  useApp({
    "index.ts": `${timersAndHttp}
      app.serviceBusQueue("one", { queueName: "q", connection: "BUS", handler: tell });
      app.serviceBusQueue("many", { queueName: "q", connection: "BUS", cardinality: "many", handler: tell });
      app.cosmosDB("changes", { databaseName: "d", containerName: "c", connection: "COSMOS", handler: tell });`,
  });

/** Neither broker nor store is there: nothing but a hand triggers these. */
const settings = {
  BUS: "Endpoint=sb://localhost:1;SharedAccessKeyName=a;SharedAccessKey=a;UseDevelopmentEmulator=true;",
  COSMOS: "AccountEndpoint=http://localhost:1/;AccountKey=YQ==;",
};

async function run(host: HostUnderTest, name: string, body?: string, key = host.masterKey) {
  const url = `${host.url}/admin/functions/${name}`;
  const headers = { "x-functions-key": key, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, ...(body === undefined ? {} : { body }) });
  await response.text();
  return response.status;
}

const seenBy = (host: HostUnderTest, name: string) =>
  eventually(
    () =>
      host.lines.find(({ event, facts }) => event === "function log" && facts["function"] === name)?.facts,
  ).then(({ message }): unknown => JSON.parse(String(message)));

test("any function but those for http runs once by hand, with the input of the request", async () => {
  const host = await useHost({ appRoot: await everyTrigger(), settings });

  expect(await run(host, "nightlycount", "{}")).toBe(202);
  expect(await run(host, "one", JSON.stringify({ input: '{"order":1}' }))).toBe(202);
  expect(await run(host, "many", JSON.stringify({ input: '{"order":2}' }))).toBe(202);
  expect(await run(host, "changes", JSON.stringify({ input: '[{"id":"a"}]' }))).toBe(202);

  expect(await seenBy(host, "NightlyCount")).toEqual({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: null,
  });
  expect(await seenBy(host, "one")).toEqual({ order: 1 });
  expect(await seenBy(host, "many")).toEqual([{ order: 2 }]);
  expect(await seenBy(host, "changes")).toEqual([{ id: "a" }]);
});

test("a run by hand that fails is told in the log, like any other", async () => {
  const host = await useHost({ appRoot: await useApp({ "index.ts": timersAndHttp }) });

  expect(await run(host, "failing", "{}")).toBe(202);

  const failed = await eventually(() => host.lines.find(({ event }) => event === "invocation failed"));
  expect(failed.facts).toMatchObject({ function: "failing" });
});

test("who has no master key, names no function or sends something else runs nothing", async () => {
  const host = await useHost({ appRoot: await useApp({ "index.ts": timersAndHttp }) });

  expect(await run(host, "nightlycount", "{}", "not-a-key")).toBe(401);
  expect(await run(host, "nobody", "{}")).toBe(404);
  expect(await run(host, "page", "{}")).toBe(400);
  expect(await run(host, "nightlycount")).toBe(400);
  expect(await run(host, "nightlycount", "input")).toBe(400);
  expect(await run(host, "nightlycount", '{"input":{"not":"text"}}')).toBe(400);
  expect(host.lines.filter(({ event }) => event === "function log")).toEqual([]);
});
