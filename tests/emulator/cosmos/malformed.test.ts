import { createHmac } from "node:crypto";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readPath } from "#local/cosmos/http/resource-path.ts";
import { accountKey, makeContainer, useCosmos } from "./use-cosmos.ts";

/** A request as the client would sign it, whatever is in it. */
async function signed(
  endpoint: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Response> {
  const date = new Date().toUTCString();
  const { type, link } = readPath(path);
  const text = `${method.toLowerCase()}\n${type}\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac("sha256", Buffer.from(accountKey, "base64")).update(text).digest("base64");
  const authorization = encodeURIComponent(`type=master&ver=1.0&sig=${signature}`);
  return fetch(new URL(path, endpoint), {
    method,
    headers: { ...headers, authorization, "x-ms-date": date },
    ...(body === undefined ? {} : { body }),
  });
}

const pathPart = fc.constantFrom(
  "dbs",
  "shop",
  "colls",
  "items",
  "docs",
  "1",
  "pkranges",
  "offers",
  "sprocs",
  "x%20y",
);
const key = fc.constantFrom('["a"]', "[]", "[1,2]", "[[]]", "{", '[{"a":1}]', "null", "");
const headers = fc.record(
  {
    "x-ms-documentdb-partitionkey": key,
    "x-ms-documentdb-isquery": fc.constantFrom("true", "false"),
    "x-ms-cosmos-is-query-plan-request": fc.constantFrom("True", "no"),
    "x-ms-cosmos-is-batch-request": fc.constantFrom("true", "false"),
    "x-ms-cosmos-batch-atomic": fc.constantFrom("true", "false"),
    "x-ms-documentdb-is-upsert": fc.constantFrom("true", "maybe"),
    "x-ms-documentdb-partitionkeyrangeid": fc.constantFrom("0", "7", "x"),
    "x-ms-max-item-count": fc.constantFrom("1", "-1", "0", "many", "1e9"),
    "x-ms-continuation": fc.constantFrom("abc", "e30", "bnVsbA", '"'),
    "if-match": fc.constantFrom("*", '"x"'),
    "if-none-match": fc.constantFrom("*", '"x"', "-1"),
    "if-modified-since": fc.constantFrom("yesterday", "Mon, 01 Jan 2024 00:00:00 GMT"),
    "a-im": fc.constantFrom("Incremental Feed", "Full-Fidelity Feed"),
    "x-ms-offer-throughput": fc.constantFrom("400", "1", "x"),
    "x-ms-cosmos-offer-autopilot-settings": fc.constantFrom("{}", "x", '{"maxThroughput":4000}'),
  },
  { requiredKeys: [] },
);
const operation = fc.record(
  {
    operationType: fc.constantFrom("Create", "Patch", "Read", "Delete", "Upsert", "Replace", "Eat", 7),
    id: fc.constantFrom("1", "", 5),
    partitionKey: fc.constantFrom('["a"]', "x", 1),
    resourceBody: fc.oneof(
      fc.constant({ id: "1", pk: "a" }),
      fc.constant([{ op: "set", path: "/x", value: 1 }]),
      fc.jsonValue(),
    ),
  },
  { requiredKeys: [] },
);
const body = fc.oneof(
  fc.constant(undefined),
  fc.string(),
  fc.json(),
  fc.array(operation, { maxLength: 4 }).map((operations) => JSON.stringify(operations)),
  fc
    .record({
      id: fc.constantFrom("1", "", "a/b", 5, null),
      pk: fc.jsonValue(),
      ttl: fc.constantFrom(1, 0, "x", null),
      partitionKey: fc.constantFrom({ paths: ["/pk"] }, { paths: [] }, "pk", null),
      indexingPolicy: fc.constantFrom({ includedPaths: [{ path: "x" }] }, { compositeIndexes: 7 }, [], null),
      query: fc.constantFrom("SELECT * FROM c", "SELECT TOP 1 c FROM c ORDER BY c.x", "SELECT", 5),
      parameters: fc.constantFrom([], {}, [1], [{ name: "@p" }]),
      operations: fc.constantFrom([], [{ op: "add" }], [{ op: "incr", path: "/n", value: "x" }], 5),
    })
    .map((value) => JSON.stringify(value)),
);

test("whatever is asked, the answer is a refusal in JSON at worst, and the endpoint goes on", async () => {
  const { cosmos, database } = await useCosmos();
  await database.containers.create({ id: "items", partitionKey: { paths: ["/pk"] } });
  const known = fc.constantFrom(
    "dbs/shop/colls/items/docs",
    "dbs/shop/colls/items/docs/1",
    "dbs/shop/colls",
    "dbs/shop/colls/items",
  );
  const path = fc.oneof(
    known,
    fc.array(pathPart, { maxLength: 7 }).map((parts) => parts.join("/")),
  );
  // Deleting what the other requests are about would make them all 404.
  const method = fc.constantFrom("GET", "POST", "PUT", "PATCH");
  const property = fc.asyncProperty(method, path, headers, body, async (verb, where, given, sent) => {
    const content = verb === "GET" ? undefined : sent;
    const response = await signed(cosmos.endpoint, verb, where, given, content);
    const text = await response.text();
    expect(response.status, `${verb} ${where} ${JSON.stringify(given)} ${content}: ${text}`).toBeLessThan(
      500,
    );
    expect(response.status).not.toBe(401);
    const parsed: unknown = text === "" ? {} : JSON.parse(text);
    expect(typeof parsed).toBe("object");
  });
  await fc.assert(property, { numRuns: 600 });
  const container = await makeContainer(database);
  expect((await container.items.create({ id: "after", pk: "a" })).statusCode).toBe(201);
});
