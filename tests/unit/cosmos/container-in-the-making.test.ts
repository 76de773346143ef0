import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { Budgets } from "#local/cosmos/http/budgets.ts";
import { Faults } from "#local/cosmos/http/faults.ts";
import { handle } from "#local/cosmos/http/routes.ts";
import { ItemWriter } from "#local/cosmos/items/item-writer.ts";
import { Store } from "#local/cosmos/store/store.ts";

test.for([
  ["a query", "POST", { "x-ms-documentdb-isquery": "true" }, '{"query":"SELECT * FROM c"}', 200],
  ["the change feed", "GET", { "a-im": "Incremental feed" }, "", 304],
] as const)("%s finds a container that is just being made", async ([, method, headers, body, status]) => {
  const folder = mkdtempSync(join(tmpdir(), "cosmos-store-"));
  const clock = createHandClock();
  const store = new Store(folder, "strict", clock);
  onTestFinished(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const service = {
    store,
    writer: new ItemWriter(store),
    faults: new Faults(clock),
    budgets: new Budgets(clock),
  };

  const made = store.change(() => {
    const database = store.catalog.createDatabase("shop", undefined, store.stamp());
    const partitionKey = { paths: ["/id"], kind: "Hash" as const, version: 2 as const };
    const definition = { id: "leases", partitionKey, throughput: undefined, properties: {} };
    return store.catalog.createContainer(database, definition, store.stamp());
  });
  const reply = await handle(service, {
    method,
    segments: ["dbs", "shop", "colls", "leases", "docs"],
    headers: new Map(Object.entries(headers)),
    body,
  });

  expect(reply.status).toBe(status);
  await made;
});
