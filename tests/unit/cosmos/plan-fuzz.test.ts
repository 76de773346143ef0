import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { readDocument } from "#local/cosmos/items/document.ts";
import { ItemWriter } from "#local/cosmos/items/item-writer.ts";
import { keyText } from "#local/cosmos/partition/key.ts";
import { makePlan } from "#local/cosmos/query/query-plan.ts";
import { bindQuery } from "#local/cosmos/query/query-text.ts";
import { runQuery } from "#local/cosmos/query/run-query.ts";
import { Refusal } from "#local/cosmos/refusal.ts";
import type { Container } from "#local/cosmos/store/container.ts";
import { Store } from "#local/cosmos/store/store.ts";

async function useItems(): Promise<{ readonly store: Store; readonly container: Container }> {
  const folder = mkdtempSync(join(tmpdir(), "cosmos-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new Store(folder, "relaxed", createHandClock());
  onTestFinished(async () => {
    await store.settleChores();
    store.close();
  });
  const writer = new ItemWriter(store);
  const container = await store.change(() => {
    const database = store.catalog.createDatabase("shop", undefined, store.stamp());
    const partitionKey = { paths: ["/pk"], kind: "Hash" as const, version: 2 as const };
    const includedPaths = [{ path: "/*" }, { path: "/n/?" }];
    const properties = { indexingPolicy: { includedPaths } };
    return store.catalog.createContainer(
      database,
      { id: "items", partitionKey, throughput: { manual: 18_000 }, properties },
      store.stamp(),
    );
  });
  await store.write(() => {
    for (let n = 0; n < 12; n++) {
      const item = {
        id: `${n}`,
        pk: `p${n % 3}`,
        n: [n, `${n}`, null, true][n % 4]!,
        tags: ["x", n],
        deep: { n },
      };
      const place = { container, key: [item.pk], pk: keyText([item.pk]), lsn: store.numbers.take() };
      writer.create(place, readDocument(item));
    }
  });
  return { store, container };
}

const path = fc.constantFrom(
  "c.n",
  "c.id",
  "c.deep.n",
  "c.tags",
  "c.tags[0]",
  "c",
  "c._ts",
  "t",
  "1",
  "'a'",
  "c.n + 1",
);
const test1 = fc
  .tuple(path, fc.constantFrom("=", "!=", "<", ">=", "LIKE", "IN"), path)
  .map(([a, op, b]) => (op === "IN" ? `${a} IN (${b})` : `${a} ${op} ${b}`));
const maybe = (part: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant(""), part);
const aggregate = fc
  .tuple(fc.constantFrom("COUNT", "SUM", "MIN", "MAX", "AVG", "MAKELIST"), path)
  .map(([f, p]) => `${f}(${p})`);
const selected = fc.oneof(
  fc.constant("*"),
  fc.oneof(path, aggregate).map((p) => `VALUE ${p}`),
  fc.tuple(path, fc.oneof(path, aggregate)).map(([a, b]) => `${a} AS a, ${b} AS b`),
);
const query = fc
  .tuple(
    maybe(fc.constant("DISTINCT")),
    maybe(fc.nat(5).map((n) => `TOP ${n}`)),
    selected,
    fc.constantFrom(
      "FROM c",
      "FROM t IN c.tags",
      "FROM c JOIN t IN c.tags",
      "FROM c JOIN (SELECT VALUE c.n) AS t",
      "FROM c.tags t",
    ),
    maybe(fc.array(test1, { minLength: 1, maxLength: 3 }).map((all) => `WHERE ${all.join(" AND ")}`)),
    maybe(
      fc.oneof(
        path.map((p) => `GROUP BY ${p}`),
        path.map((p) => `ORDER BY ${p} DESC`),
        path.map((p) => `ORDER BY ${p}`),
      ),
    ),
    maybe(fc.tuple(fc.nat(4), fc.nat(4)).map(([offset, limit]) => `OFFSET ${offset} LIMIT ${limit}`)),
  )
  .map((parts) => `SELECT ${parts.join(" ")}`);

const RUNS = 2000;
const scopes = [{}, { range: 1 }, { key: ["p1"] }];

test("planned or run, page by page, in any scope, a query gives results once or is refused", async () => {
  const { store, container } = await useItems();
  let answered = 0;
  await fc.assert(
    fc.asyncProperty(
      query,
      fc.constantFrom(...scopes),
      fc.integer({ min: 1, max: 4 }),
      async (text, scope, pageSize) => {
        try {
          const whole = await runQuery({
            store,
            container,
            scope,
            bound: bindQuery({ query: text }, 0),
            pageSize: 1000,
            continuation: undefined,
          });
          const paged: string[] = [];
          let continuation: string | undefined;
          let pages = 0;
          do {
            const page = await runQuery({
              store,
              container,
              scope,
              bound: bindQuery({ query: text }, 0),
              pageSize,
              continuation,
            });
            paged.push(...page.results);
            continuation = page.continuation;
          } while (continuation !== undefined && ++pages < 100);
          expect({ text, results: paged }).toEqual({ text, results: whole.results });
          answered++;
          const { rewrittenQuery } = makePlan(bindQuery({ query: text }, 0)).queryInfo;
          const rewritten = rewrittenQuery.replace("{documentdb-formattableorderbyquery-filter}", "true");
          if (rewritten !== "") {
            const request = {
              store,
              container,
              scope: { range: 0 },
              pageSize: 1000,
              continuation: undefined,
            };
            await runQuery({ ...request, bound: bindQuery({ query: rewritten }, 0) });
          }
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
        }
      },
    ),
    { numRuns: RUNS },
  );
  // Most of them must be queries, or this would say little.
  expect(answered).toBeGreaterThan(RUNS / 4);
});
