import { expect, test } from "vitest";
import { type LogLine, useHost } from "./host-under-test.ts";
import { queueHolds, useBus } from "./use-bus.ts";
import { useApp } from "./use-app.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";

test("with logInvocations every invocation has a line for its begin and one for its end, with function, id, trace and outcome", async () => {
  const bus = await useBus();
  const host = await useHost({
    logInvocations: true,
    settings: { Bus: bus.connectionString },
    appRoot: await useApp({
      "index.ts": `
        import { app } from "@azure/functions";
        app.http("answer", { methods: ["GET"], authLevel: "anonymous", handler: (request, context) => ({ body: context.invocationId }) });
        app.serviceBusQueue("refuse", { connection: "Bus", queueName: "work", handler: () => { throw new Error("no"); } });`,
    }),
  });

  const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;
  const id = await (await fetch(`${host.url}/api/answer`, { headers: { traceparent } })).text();
  const message = { body: "x", applicationProperties: { "Diagnostic-Id": traceparent } };
  await bus.client.createSender("work").sendMessages(message);
  await queueHolds(bus, 0, 1);

  const of = (event: string, name: string): LogLine[] =>
    host.lines.filter((line) => line.event === event && line.facts["function"] === name);
  expect(of("executing", "answer").map(({ facts }) => facts)).toEqual([
    { function: "answer", invocation: id, trace: TRACE },
  ]);
  expect(of("executed", "answer").map(({ facts }) => facts)).toEqual([
    { function: "answer", invocation: id, outcome: "succeeded", ms: expect.any(Number) },
  ]);
  const begun = of("executing", "refuse").map(({ facts }) => facts["invocation"]);
  expect(new Set(begun).size).toBe(10); // each delivery is an invocation of its own
  expect(of("executing", "refuse")[0]?.facts["trace"]).toBe(TRACE);
  expect(of("executed", "refuse").map(({ facts }) => [facts["invocation"], facts["outcome"]])).toEqual(
    begun.map((invocation) => [invocation, "failed"]),
  );
});
