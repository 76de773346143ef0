import { CosmosClient, type Container, type ErrorResponse } from "@azure/cosmos";
import { expect, test } from "vitest";
import { accountKey, makeContainer, useCosmos, type CosmosUnderTest } from "./use-cosmos.ts";

interface World extends CosmosUnderTest {
  readonly container: Container;
}

/** As little as a client needs to decide what to do. */
interface Expected {
  readonly code: number;
  readonly name: string;
  readonly substatus?: number;
}

const fault = (endpoint: string, status: number): Promise<Response> =>
  fetch(`${endpoint}_expedite/faults`, {
    method: "PUT",
    headers: { authorization: `Bearer ${accountKey}` },
    body: JSON.stringify({ status, retryAfterMs: 7 }),
  });

const once = {
  retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
};

const cases: readonly (readonly [string, Expected, (world: World) => Promise<unknown>])[] = [
  [
    "a body of another partition key than the request names",
    { code: 400, name: "BadRequest", substatus: 1001 },
    ({ container }) => container.item("1", "a").replace({ id: "1", pk: "b" }),
  ],
  [
    "an order that no index serves",
    { code: 400, name: "BadRequest" },
    ({ container }) => container.items.query("SELECT * FROM c ORDER BY c.a, c.b").fetchAll(),
  ],
  [
    "another key",
    { code: 401, name: "Unauthorized" },
    async ({ cosmos, database, container }) => {
      const stranger = new CosmosClient({ endpoint: cosmos.endpoint, key: "c3RyYW5nZXI=" });
      try {
        return await stranger.database(database.id).container(container.id).items.create({ id: "1" });
      } finally {
        stranger.dispose();
      }
    },
  ],
  [
    "an item that is not there",
    { code: 404, name: "NotFound" },
    ({ container }) => container.item("nope", "a").delete(),
  ],
  [
    "an item of a container that is not there",
    { code: 404, name: "NotFound", substatus: 1003 },
    ({ database }) =>
      database
        .container("nope")
        .item("1", "a")
        .patch([{ op: "remove", path: "/n" }]),
  ],
  [
    "a container of a database that is not there",
    { code: 404, name: "NotFound", substatus: 1003 },
    ({ client }) => client.database("nope").containers.create({ id: "c", partitionKey: "/pk" }),
  ],
  [
    "a container that is not there",
    { code: 404, name: "NotFound" },
    ({ database }) => database.container("nope").delete(),
  ],
  [
    "an id that is taken",
    { code: 409, name: "Conflict" },
    ({ container }) => container.items.create({ id: "1", pk: "a" }),
  ],
  [
    "the id of another container",
    { code: 409, name: "Conflict" },
    ({ database, container }) => database.containers.create({ id: container.id, partitionKey: "/pk" }),
  ],
  [
    "an ETag of yesterday",
    { code: 412, name: "PreconditionFailed" },
    ({ container }) =>
      container.item("1", "a").delete({ accessCondition: { type: "IfMatch", condition: '"old"' } }),
  ],
  [
    "an item of more than two megabytes",
    { code: 413, name: "RequestEntityTooLarge" },
    ({ container }) => container.items.create({ id: "2", pk: "a", text: "x".repeat(2 * 1024 * 1024) }),
  ],
  ["no request units left", { code: 429, name: "TooManyRequests", substatus: 3200 }, throttled(429)],
  ["two writes at the same instant", { code: 449, name: "RetryWith" }, throttled(449)],
];

/** What the endpoint answers on demand only, to a client that does not try again by itself. */
function throttled(status: number): (world: World) => Promise<unknown> {
  return async ({ cosmos, database, container }) => {
    const impatient = new CosmosClient({
      endpoint: cosmos.endpoint,
      key: accountKey,
      connectionPolicy: once,
    });
    await fault(cosmos.endpoint, status);
    try {
      return await impatient.database(database.id).container(container.id).items.create({ id: "9", pk: "a" });
    } finally {
      impatient.dispose();
    }
  };
}

test.each(cases)(
  "%s is refused with the status, sub-status and body of the service",
  async (_what, expected, act) => {
    const world = await useCosmos();
    const container = await makeContainer(world.database);
    await container.items.create({ id: "1", pk: "a" });

    const refused = await act({ ...world, container }).then(
      () => undefined,
      (error: ErrorResponse) => error,
    );

    expect(refused).toMatchObject({
      code: expected.code,
      body: { code: expected.name, message: expect.stringMatching(/\w/) },
    });
    expect(refused?.substatus).toBe(expected.substatus);
    expect(refused?.activityId ?? refused?.headers?.["x-ms-activity-id"]).toMatch(/^[0-9a-f-]{36}$/);
  },
);

test("a client that is told to wait is told how long", async () => {
  const world = await useCosmos();
  const container = await makeContainer(world.database);
  const refused = await throttled(429)({ ...world, container }).catch((error: ErrorResponse) => error);
  expect(refused).toMatchObject({ retryAfterInMs: 7 });
});
