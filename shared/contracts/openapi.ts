import { z } from "zod";
import { httpOperations, type HttpOperation } from "./http-api.ts";
import { Problem, type ProblemName, problems } from "./problems.ts";

const reference = (schema: z.ZodType): { $ref: string } => ({
  $ref: `#/components/schemas/${z.globalRegistry.get(schema)?.id ?? ""}`,
});

const content = (type: string, schema: z.ZodType) => ({ [type]: { schema: reference(schema) } });

/** The OpenAPI 3.1 document, made from the schemas that requests are checked by. */
export function openApiDocument(): Record<string, unknown> {
  const paths = pathsOf(httpOperations);
  return {
    openapi: "3.1.0",
    info: {
      title: "Expedite",
      version: "1.0.0",
      description:
        "Checkout takes every valid order at once; what can be slow or down happens behind queues.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/api" }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key with its scope" } },
      schemas: componentSchemas(paths),
    },
  };
}

function pathsOf(operations: readonly HttpOperation[]): Record<string, Record<string, unknown>> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = (paths[`/${operation.path}`] ??= {});
    path[operation.method.toLowerCase()] = operationObject(operation);
  }
  return paths;
}

function operationObject(operation: HttpOperation): Record<string, unknown> {
  const { answer, body } = operation;
  const page = operation.forBrowsers === true ? { "text/html": { schema: { type: "string" } } } : {};
  const media =
    answer.schema === undefined
      ? {}
      : { content: { ...content("application/json", answer.schema), ...page } };
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(operation.scope === undefined ? {} : { security: [{ key: [] }], "x-scope": operation.scope }),
    parameters: parametersOf(operation),
    ...(body === undefined
      ? {}
      : { requestBody: { required: body.required, content: bodyContent(operation, body.schema) } }),
    responses: {
      [answer.status]: { description: answer.description, ...media },
      ...refusalsOf(operation.problems),
    },
  };
}

const bodyContent = ({ forBrowsers = false }: HttpOperation, schema: z.ZodType) => ({
  ...content("application/json", schema),
  ...(forBrowsers ? content("application/x-www-form-urlencoded", schema) : {}),
});

function parametersOf({ path, headers = [], query = [] }: HttpOperation): Record<string, unknown>[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  return [
    ...inPath.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
    ...headers.map((name) => ({
      name,
      in: "header",
      required: name === "Idempotency-Key",
      schema: { type: "string" },
    })),
    ...query.map((name) => ({ name, in: "query", required: false, schema: { type: "string" } })),
  ];
}

/** Problems that share a status share an entry, which names them all. */
function refusalsOf(names: readonly ProblemName[]): Record<number, unknown> {
  const byStatus = Map.groupBy(names, (name) => problems[name].status);
  return Object.fromEntries(
    [...byStatus].map(([status, sharing]) => [
      status,
      {
        description: sharing.map((name) => `\`/problems/${name}\`: ${problems[name].title}`).join(" "),
        content: content("application/problem+json", Problem),
      },
    ]),
  );
}

/** The schemas that the given part of the document refers to, directly or through others. */
function componentSchemas(paths: unknown): Record<string, unknown> {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    io: "input",
    uri: (id) => `#/components/schemas/${id}`,
  });
  const used = new Map<string, unknown>();
  const collect = (part: unknown): void => {
    for (const [, id = ""] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(id)) continue;
      const { $schema: _dialect, $id: _id, ...schema } = schemas[id] ?? {};
      used.set(id, schema);
      collect(schema);
    }
  };
  collect(paths);
  return Object.fromEntries([...used].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
