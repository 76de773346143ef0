import { expect, test } from "vitest";
import { containers, type ContainerSpec } from "#shared/contracts/containers.ts";
import { topology } from "#shared/contracts/topology.ts";
import { updateInfraDocuments } from "../../../scripts/infra-topology.ts";
import type { Plan } from "./bicep/template.ts";
import { lastName, ofType, planOfEnvironment, valueAt } from "./environments.ts";
import { deploy, planted, templatesOf } from "./templates.ts";

const plan = planOfEnvironment("production");
const bus = "Microsoft.ServiceBus/namespaces";

test("what the templates load is what the contracts say today", () => {
  expect(updateInfraDocuments({ check: true }), "run: npm run contracts").toEqual([]);
});

test("Azure gets every queue with every limit of the topology", () => {
  const queues = ofType(plan, `${bus}/queues`).map(({ name, body }) => ({
    ...Object(body["properties"]),
    name: name.split("/")[1],
  }));
  expect(queues).toEqual(topology.queues);
});

test("Azure gets every topic with every limit of the topology", () => {
  const topics = ofType(plan, `${bus}/topics`).map(({ name, body }) => ({
    ...Object(body["properties"]),
    name: name.split("/")[1],
  }));
  expect(topics).toEqual(topology.topics.map((topic) => expect.objectContaining({ name: topic.name })));
  const limits = topics.map((topic) => ({ ...topic, subscriptions: expect.anything() }));
  expect(topology.topics).toEqual(limits);
});

const forwardsOf = (made: Plan) =>
  ofType(made, `${bus}/topics/subscriptions`).map(({ name, body }) => [
    ...name.split("/").slice(1),
    valueAt(body, "properties", "forwardTo"),
  ]);
const wantedForwards = topology.topics.flatMap((topic) =>
  topic.subscriptions.map((subscription) => [topic.name, subscription.name, subscription.forwardTo]),
);

test("every subscription forwards to the queue of its consumer", () => {
  expect(forwardsOf(plan)).toEqual(wantedForwards);
});

test("a planted violation is found: subscriptions that keep their messages to themselves", () => {
  const templates = templatesOf(
    planted("infra/app/service-bus.bicep", "properties: subscription.properties", "properties: {}"),
  );
  expect(forwardsOf(deploy({}, templates))).not.toEqual(wantedForwards);
});

test("every subscription lets exactly the subjects of the topology through", () => {
  const rules = ofType(plan, `${bus}/topics/subscriptions/rules`);
  for (const topic of topology.topics) {
    for (const subscription of topic.subscriptions) {
      const own = rules.filter(
        ({ name }) => name.split("/").slice(1, 3).join("/") === `${topic.name}/${subscription.name}`,
      );
      const labels = own.map(({ body }) => valueAt(body, "properties", "correlationFilter", "label"));
      expect(labels.filter((label) => label !== undefined)).toEqual(
        subscription.rules.map((rule) => rule.correlationFilter.label),
      );
      const inert = own.find((rule) => lastName(rule) === "$Default");
      expect(valueAt(inert?.body, "properties", "sqlFilter", "sqlExpression")).toBe("1=0");
    }
  }
});

test("Cosmos DB gets every container with its partition key, its indexes and its time to live", () => {
  const made = ofType(plan, "Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers").map(({ body }) =>
    valueAt(body, "properties", "resource"),
  );
  const specs: readonly ContainerSpec[] = Object.values(containers);
  expect(made).toEqual(
    specs.map(({ id, partitionKey: paths, indexed, composite, expires }) => ({
      id,
      partitionKey: { paths, kind: paths.length === 1 ? "Hash" : "MultiHash", version: 2 },
      indexingPolicy: expect.objectContaining({
        includedPaths: indexed.map((path) => ({ path: `${path}/?` })),
        excludedPaths: [{ path: "/*" }],
        ...(composite === undefined ? {} : { compositeIndexes: composite }),
      }),
      ...(expires ? { defaultTtl: -1 } : {}),
    })),
  );
});
