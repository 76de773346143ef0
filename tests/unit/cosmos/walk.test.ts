import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { readDocument } from "#local/cosmos/items/document.ts";
import { ItemWriter } from "#local/cosmos/items/item-writer.ts";
import type { Json, OwnJson } from "#local/cosmos/json.ts";
import { keyText } from "#local/cosmos/partition/key.ts";
import { bindQuery } from "#local/cosmos/query/query-text.ts";
import type { ItemScope } from "#local/cosmos/query/scope.ts";
import { planWalk } from "#local/cosmos/query/walk.ts";
import type { Container } from "#local/cosmos/store/container.ts";
import { Store } from "#local/cosmos/store/store.ts";

interface Orders {
  readonly store: Store;
  readonly container: Container;
  readonly writer: ItemWriter;
  readonly put: (document: { readonly id: string; readonly brandId: string } & Record<string, Json>) => void;
  /** How many items a query looks at before its first `count` results are found. */
  readonly looksAt: (query: string, values: Record<string, Json>, scope: ItemScope, count?: number) => number;
}

async function useOrders(): Promise<Orders> {
  const folder = mkdtempSync(join(tmpdir(), "cosmos-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = new Store(folder, "relaxed", createHandClock());
  onTestFinished(() => store.close());
  const writer = new ItemWriter(store);
  const { container } = await store.change(() => {
    const database = store.catalog.createDatabase("shop", undefined, store.stamp());
    const definition = {
      id: "orders",
      partitionKey: { paths: ["/brandId", "/id"], kind: "MultiHash" as const, version: 2 as const },
      throughput: undefined,
      properties: {
        indexingPolicy: {
          includedPaths: [{ path: "/*" }, { path: "/pendingSince/?" }],
          compositeIndexes: [
            [
              { path: "/brandId", order: "ascending" },
              { path: "/sort", order: "descending" },
            ],
          ],
        },
      },
    };
    return { container: store.catalog.createContainer(database, definition, store.stamp()) };
  });
  const put: Orders["put"] = (document) => {
    const key = [document.brandId, document.id];
    const place = { container, key, pk: keyText(key), lsn: store.numbers.take() };
    expect(writer.create(place, readDocument(document)).status).toBe(201);
  };
  const looksAt: Orders["looksAt"] = (query, values, scope, count = Infinity) => {
    const parameters = Object.entries(values).map(([name, value]) => ({ name, value }));
    const walk = planWalk(store, container, scope, bindQuery({ query, parameters }, 0));
    expect(walk.sortBy).toEqual([]);
    let looked = 0;
    const items = walk.items(undefined)[Symbol.iterator]();
    while (looked < count && items.next().done !== true) looked++;
    items.return?.();
    return looked;
  };
  return { store, container, writer, put, looksAt };
}

const sweep = "SELECT * FROM c WHERE c.pendingSince < @t ORDER BY c.pendingSince OFFSET 0 LIMIT 10";
const list = "SELECT * FROM c WHERE c.brandId = @b AND c.sort < @s ORDER BY c.sort DESC";

test("the sweep looks at pending orders only, the list at its brand's orders behind the cursor only", async () => {
  const { store, put, looksAt } = await useOrders();
  await store.write(() => {
    for (let n = 0; n < 3000; n++) {
      const pending = n % 1000 === 0 ? { pendingSince: n } : {};
      put({ id: `o${n}`, brandId: `b${n % 3}`, sort: String(n).padStart(6, "0"), ...pending });
    }
  });
  expect(looksAt(sweep, { "@t": 1_000_000 }, {})).toBe(3);
  expect(looksAt(sweep, { "@t": 1000 }, {})).toBe(1);
  const scope = { key: ["b1"] };
  expect(looksAt(list, { "@b": "b1", "@s": "000300" }, scope)).toBe(100);
  expect(looksAt(list, { "@b": "b1", "@s": "999999" }, scope, 20)).toBe(20);
  const withoutBrand = "SELECT * FROM c WHERE c.sort < @s ORDER BY c.sort DESC";
  expect(looksAt(withoutBrand, { "@s": "000300" }, scope)).toBe(100);
  expect(looksAt("SELECT * FROM c WHERE c.brandId = 'b2'", {}, {})).toBe(1000);
});

test("an index follows every change of an item", async () => {
  const { store, container, put, writer, looksAt } = await useOrders();
  const change = (id: string, operations: OwnJson[]): unknown =>
    store.write(() => {
      const key = ["b", id];
      const place = { container, key, pk: keyText(key), lsn: store.numbers.take() };
      expect(writer.patch(place, id, operations, {}).status).toBe(200);
    });
  await store.write(() => {
    for (const id of ["1", "2", "3"]) put({ id, brandId: "b", sort: id, pendingSince: 10 });
  });
  await change("1", [{ op: "remove", path: "/pendingSince" }]);
  await change("2", [{ op: "set", path: "/pendingSince", value: 20 }]);
  await change("3", [{ op: "set", path: "/other", value: 1 }]);
  expect(looksAt(sweep, { "@t": 100 }, {})).toBe(2);
  expect(looksAt(sweep, { "@t": 15 }, {})).toBe(1);
  await change("1", [{ op: "set", path: "/pendingSince", value: 5 }]);
  expect(looksAt(sweep, { "@t": 15 }, {})).toBe(2);
});

test("both use the index from end to end, without sorting", async () => {
  const { store, container } = await useOrders();
  const plan = (sql: string): string =>
    store.db
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => String(row["detail"]))
      .join("; ");
  const docs = `CROSS JOIN ${container.table.name} AS d ON d.seq = x.seq`;
  const [composite, pending] = container.table.indexes.map(({ name }) => name);
  const swept = plan(
    `SELECT body FROM ${pending} AS x ${docs} WHERE x.k0 >= '4' AND x.k0 < '5' ORDER BY x.k0, x.seq`,
  );
  expect(swept).toMatch(
    /^SEARCH x USING PRIMARY KEY \(k0>\? AND k0<\?\); SEARCH d USING INTEGER PRIMARY KEY/,
  );
  const listed = plan(
    `SELECT body FROM ${composite} AS x ${docs} WHERE x.k0 = '5b' AND x.k1 < '5x' AND +pk >= 'a' ORDER BY x.k1 DESC, x.seq DESC`,
  );
  expect(listed).toMatch(
    /^SEARCH x USING PRIMARY KEY \(k0=\? AND k1<\?\); SEARCH d USING INTEGER PRIMARY KEY/,
  );
  expect(swept + listed).not.toContain("TEMP B-TREE");
});
