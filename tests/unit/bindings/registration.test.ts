import { describe, expect, test } from "vitest";
import { httpOperations } from "#shared/contracts/http-api.ts";
import { queueNames } from "#shared/contracts/topology.ts";
import { registered } from "./the-functions.ts";

interface Trigger {
  readonly name: string;
  readonly type: string;
  readonly [option: string]: unknown;
}

const triggers: readonly Trigger[] = registered.flatMap(({ name, bindings }) =>
  Object.values(bindings)
    .filter(({ direction }) => direction === "in")
    .map((binding) => ({ ...binding, name, type: binding["type"] })),
);
const of = (type: string): Trigger[] => triggers.filter((trigger) => trigger.type === type);
const CATCH_ALL = "not-found";

describe("the HTTP functions", () => {
  const functions = of("httpTrigger").filter(({ name }) => name !== CATCH_ALL);

  test("are exactly the operations of the contract, by name, method and route", () => {
    const byName = (one: { name: unknown }, other: { name: unknown }) =>
      String(one.name) < String(other.name) ? -1 : 1;
    expect(functions.map(({ name, methods, route }) => ({ name, methods, route })).toSorted(byName)).toEqual(
      httpOperations
        .map(({ id, method, path }) => ({ name: id, methods: [method], route: path }))
        .toSorted(byName),
    );
  });

  test("leave authentication to the binding: none asks the host for a key", () => {
    expect(new Set(of("httpTrigger").map(({ authLevel }) => authLevel))).toEqual(new Set(["anonymous"]));
  });

  test("the one that answers unknown addresses comes last, takes every address, and every method", () => {
    const last = of("httpTrigger").at(-1);
    expect(last).toMatchObject({ name: CATCH_ALL, route: "{*path}" });
    expect(last?.["methods"]).toEqual(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
  });
});

describe("the message functions", () => {
  test("are one for each queue, of the queue's name", () => {
    const queues = of("serviceBusTrigger").map(({ name, queueName }) => `${name} on ${String(queueName)}`);
    expect(new Set(queues)).toEqual(new Set(queueNames.map((name) => `${name} on ${name}`)));
    expect(queues).toHaveLength(queueNames.length);
  });

  test("listen on queues only, on one connection, and let the host complete messages", () => {
    for (const trigger of of("serviceBusTrigger")) {
      expect(trigger).toMatchObject({ connection: "SERVICE_BUS" });
      for (const option of ["topicName", "subscriptionName", "autoCompleteMessages", "isSessionsEnabled"]) {
        expect(trigger).not.toHaveProperty(option);
      }
    }
  });
});

test("no function asks the host to retry: Service Bus triggers do not support it", () => {
  for (const { retryOptions } of registered) expect(retryOptions).toBeUndefined();
});

test("the timers run by the schedules of the settings", () => {
  expect(of("timerTrigger")).toMatchObject([
    { name: "sweep-outbox", schedule: "%SWEEP_SCHEDULE%" },
    { name: "release-held", schedule: "%RELEASE_SCHEDULE%" },
    { name: "follow-up-questions", schedule: "%FOLLOW_UP_SCHEDULE%" },
    { name: "watch-backlog", schedule: "%WATCH_SCHEDULE%" },
    { name: "reconcile", schedule: "%RECONCILE_SCHEDULE%" },
  ]);
});

test("nothing else runs", () => {
  expect(new Set(triggers.map(({ type }) => type))).toEqual(
    new Set(["httpTrigger", "serviceBusTrigger", "timerTrigger"]),
  );
});
