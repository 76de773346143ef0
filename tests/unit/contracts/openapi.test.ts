import { describe, expect, test } from "vitest";
import { z } from "zod";
import { httpOperations, methodsOf } from "#shared/contracts/http-api.ts";
import { openApiDocument } from "#shared/contracts/openapi.ts";
import { type ProblemName, problems } from "#shared/contracts/problems.ts";

const Media = z.record(
  z.string(),
  z.strictObject({
    // A page is text, everything else a schema of ours.
    schema: z.union([z.strictObject({ $ref: z.string() }), z.strictObject({ type: z.literal("string") })]),
  }),
);

/** As much of OpenAPI 3.1 as we use; what is not in it is a mistake of ours. */
const Operation = z.strictObject({
  operationId: z.string().min(1),
  summary: z.string().min(1),
  security: z.array(z.strictObject({ key: z.tuple([]) })).optional(),
  "x-scope": z.string().optional(),
  parameters: z.array(
    z.strictObject({
      name: z.string().min(1),
      in: z.enum(["path", "query", "header"]),
      required: z.boolean(),
      schema: z.strictObject({ type: z.literal("string") }),
    }),
  ),
  requestBody: z.strictObject({ required: z.boolean(), content: Media }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.strictObject({ description: z.string().min(1), content: Media.optional() }),
  ),
});

const Document = z.strictObject({
  openapi: z.literal("3.1.0"),
  info: z.strictObject({
    title: z.literal("Expedite"),
    version: z.string().regex(/^\d+\.\d+\.\d+$/),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.tuple([z.strictObject({ url: z.literal("/api") })]),
  paths: z.record(
    z.string().startsWith("/"),
    z.strictObject({ get: Operation.optional(), post: Operation.optional() }),
  ),
  components: z.strictObject({
    securitySchemes: z.strictObject({
      key: z.strictObject({ type: z.literal("http"), scheme: z.literal("bearer"), description: z.string() }),
    }),
    schemas: z.record(z.string(), z.looseObject({})),
  }),
});

/** As a client gets it. */
const asSent: unknown = JSON.parse(JSON.stringify(openApiDocument()));
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Every member of every object in the document. */
function* membersOf(value: unknown): Generator<readonly [name: string, member: unknown]> {
  if (!isObject(value)) return;
  for (const [name, member] of Object.entries(value)) {
    yield [name, member];
    yield* membersOf(member);
  }
}

const documented = () => {
  const { paths } = Document.parse(asSent);
  return Object.entries(paths).flatMap(([path, { get, post }]) =>
    [get, post].flatMap((operation) => (operation === undefined ? [] : [{ path, ...operation }])),
  );
};

describe("the OpenAPI document", () => {
  test("is OpenAPI 3.1", () => {
    expect(Document.safeParse(asSent).error).toBeUndefined();
  });

  test("describes every operation once, by its name", () => {
    expect(
      documented()
        .map(({ operationId }) => operationId)
        .toSorted(),
    ).toEqual(httpOperations.map(({ id }) => id).toSorted());
  });

  test("every reference leads to a schema", () => {
    const { schemas } = Document.parse(asSent).components;
    const references = [...membersOf(asSent)].filter(([name]) => name === "$ref").map(([, to]) => String(to));
    expect(references.length).toBeGreaterThan(10);
    expect(references.filter((to) => !(to.replace("#/components/schemas/", "") in schemas))).toEqual([]);
  });

  test("every parameter of a path is described, and every description of one is in the path", () => {
    for (const { path, parameters } of documented()) {
      const described = parameters.filter((parameter) => parameter.in === "path");
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      expect(described.map(({ name }) => name)).toEqual(named);
      expect(described.every(({ required }) => required)).toBe(true);
    }
  });

  test("what is behind a key says so, and whose key it takes", () => {
    const scopes = documented().map((operation) => [operation.operationId, operation["x-scope"]]);
    expect(Object.fromEntries(scopes)).toEqual(
      Object.fromEntries(httpOperations.map(({ id, scope }) => [id, scope])),
    );
    for (const operation of documented()) {
      expect(operation.security !== undefined).toBe(operation["x-scope"] !== undefined);
    }
  });

  test("every refusal of an operation stands under its status, by the problem's name", () => {
    const byId = new Map(documented().map((operation) => [operation.operationId, operation.responses]));
    for (const { id, problems: names } of httpOperations) {
      for (const name of names) {
        const response = byId.get(id)?.[problems[name].status];
        expect(response?.description, `${id}: ${name}`).toContain(`/problems/${name}`);
        expect(Object.keys(response?.content ?? {})).toEqual(["application/problem+json"]);
      }
    }
  });

  test("every problem but those of unknown addresses and of bugs is a refusal of some operation", () => {
    const known = new Set<string>(
      httpOperations.flatMap((operation): ProblemName[] => [...operation.problems]),
    );
    expect(Object.keys(problems).filter((name) => !known.has(name))).toEqual([
      "method-not-allowed",
      "internal",
    ]);
  });

  test("schemas are plain JSON Schema, without leftovers of their maker", () => {
    const names = new Set([...membersOf(asSent)].map(([name]) => name));
    for (const leftover of ["$schema", "$id", "id~", "~standard"]) expect(names).not.toContain(leftover);
  });

  test("an order body is described member by member, and takes no other", () => {
    const { schemas } = Document.parse(asSent).components;
    expect(schemas["OrderRequest"]).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["currency", "locale", "customer", "shippingAddress", "lines", "payment"],
      properties: { reference: { type: "string" }, lines: { type: "array", minItems: 1, maxItems: 100 } },
    });
  });
});

describe("which methods an address knows", () => {
  test.each([
    ["orders", ["POST", "GET"]],
    ["ORDERS", ["POST", "GET"]],
    ["orders/ord_1", ["GET"]],
    ["orders/ord_1/cancellation", ["POST"]],
    ["openapi.json", ["GET"]],
    ["", []],
    ["customers", []],
    ["orders/ord_1/lines", []],
  ])("/api/%s: %j", (path, methods) => {
    expect(methodsOf(path)).toEqual(methods);
  });
});
