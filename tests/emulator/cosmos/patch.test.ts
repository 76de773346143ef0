import type { Container, PatchOperation } from "@azure/cosmos";
import { expect, test } from "vitest";
import { makeContainer, refusal, useCosmos } from "./use-cosmos.ts";

const base = { id: "1", pk: "a", n: 1, list: ["x", "y"], deep: { a: 1 } };

async function useItem(): Promise<Container> {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create(base);
  return container;
}

async function patched(container: Container, operations: PatchOperation[]): Promise<unknown> {
  const { resource } = await container.item("1", "a").patch(operations);
  const { _rid, _self, _etag, _attachments, _ts, ...own } = resource!;
  return own;
}

const cases: readonly (readonly [string, PatchOperation, object])[] = [
  ["add a member", { op: "add", path: "/new", value: { b: 2 } }, { new: { b: 2 } }],
  ["add over a member", { op: "add", path: "/n", value: "two" }, { n: "two" }],
  ["insert into a list", { op: "add", path: "/list/0", value: "w" }, { list: ["w", "x", "y"] }],
  ["append to a list", { op: "add", path: "/list/-", value: "z" }, { list: ["x", "y", "z"] }],
  ["set a member below", { op: "set", path: "/deep/b", value: null }, { deep: { a: 1, b: null } }],
  ["overwrite in a list", { op: "set", path: "/list/1", value: "z" }, { list: ["x", "z"] }],
  ["replace a member", { op: "replace", path: "/deep", value: [] }, { deep: [] }],
  ["remove from a list", { op: "remove", path: "/list/0" }, { list: ["y"] }],
  ["increment", { op: "incr", path: "/n", value: -2.5 }, { n: -1.5 }],
  ["increment what is missing", { op: "incr", path: "/m", value: 3 }, { m: 3 }],
  ["escape a slash", { op: "set", path: "/deep/x~1y", value: 1 }, { deep: { a: 1, "x/y": 1 } }],
];

test.each(cases)("a patch can %s", async (_title, operation, expected) => {
  const container = await useItem();
  expect(await patched(container, [operation])).toEqual({ ...base, ...expected });
});

test("a patch can move and remove members", async () => {
  const container = await useItem();
  const result = await patched(container, [
    // The client's types do not know this operation yet.
    JSON.parse('{"op":"move","from":"/deep/a","path":"/moved"}'),
    { op: "remove", path: "/list" },
  ]);
  expect(result).toEqual({ id: "1", pk: "a", n: 1, deep: {}, moved: 1 });
});

const refused: readonly (readonly [string, PatchOperation])[] = [
  ["the id", { op: "set", path: "/id", value: "2" }],
  ["the partition key", { op: "set", path: "/pk", value: "b" }],
  ["a system property", { op: "set", path: "/_etag", value: "b" }],
  ["a missing member", { op: "replace", path: "/nope", value: 1 }],
  ["what is not there", { op: "remove", path: "/nope" }],
  ["below a missing parent", { op: "set", path: "/no/parent", value: 1 }],
  ["a text by incrementing", { op: "incr", path: "/list/0", value: 1 }],
  ["beyond the end of a list", { op: "add", path: "/list/5", value: 1 }],
];

test.each(refused)("a patch cannot change %s, and then changes nothing", async (_title, operation) => {
  const container = await useItem();
  const both: PatchOperation[] = [{ op: "set", path: "/n", value: 99 }, operation];
  expect(await refusal(container.item("1", "a").patch(both))).toMatchObject({ code: 400 });
  expect((await container.item("1", "a").read()).resource?.n).toBe(1);
});

test("a patch has at most ten operations", async () => {
  const container = await useItem();
  const many = Array.from({ length: 11 }, (): PatchOperation => ({ op: "incr", path: "/n", value: 1 }));
  expect(await refusal(container.item("1", "a").patch(many))).toMatchObject({ code: 400 });
  expect(await patched(container, many.slice(1))).toMatchObject({ n: 11 });
});

test("a conditional patch applies only while its condition holds", async () => {
  const container = await useItem();
  const take = (): Promise<unknown> =>
    container.item("1", "a").patch({
      condition: "from c where c.n >= 1 and not is_defined(c.heldBy.order1)",
      operations: [{ op: "incr", path: "/n", value: -1 }],
    });
  await take();
  expect(await refusal(take())).toMatchObject({ code: 412 });
  expect((await container.item("1", "a").read()).resource?.n).toBe(0);
});

test("a condition may look at system properties, and a wrong one is refused", async () => {
  const container = await useItem();
  const operations: PatchOperation[] = [{ op: "incr", path: "/n", value: 1 }];
  const item = container.item("1", "a");
  expect((await item.patch({ condition: "from c where c._ts > 0", operations })).statusCode).toBe(200);
  expect(await refusal(item.patch({ condition: "c.n > 0", operations }))).toMatchObject({ code: 400 });
  expect(await refusal(item.patch({ condition: "from c where d.n > 0", operations }))).toMatchObject({
    code: 400,
  });
});

test("sixteen concurrent conditional decrements never go below zero", async () => {
  const { database } = await useCosmos();
  const container = await makeContainer(database);
  await container.items.create({ id: "sku", pk: "a", available: 10 });
  const attempts = Array.from({ length: 16 }, () =>
    container
      .item("sku", "a")
      .patch({
        condition: "from c where c.available >= 1",
        operations: [{ op: "incr", path: "/available", value: -1 }],
      })
      .then(
        () => 200,
        (error: { code: number }) => error.code,
      ),
  );
  const codes = await Promise.all(attempts);
  expect(codes.filter((code) => code === 200)).toHaveLength(10);
  expect(codes.filter((code) => code === 412)).toHaveLength(6);
  expect((await container.item("sku", "a").read()).resource?.available).toBe(0);
});
