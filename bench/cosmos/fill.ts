import { mkdirSync } from "node:fs";
import { realClock } from "#local/clock/clock.ts";
import { readDocument } from "#local/cosmos/items/document.ts";
import { ItemWriter } from "#local/cosmos/items/item-writer.ts";
import { readKeyDefinition, keyText } from "#local/cosmos/partition/key.ts";
import { readContainerProperties } from "#local/cosmos/store/container-input.ts";
import { Store } from "#local/cosmos/store/store.ts";
import { itemOf } from "./subject.ts";

const PER_TRANSACTION = 5000;

/** A database `bench` with a container `full` of so many items, written past the protocol to save time. */
export async function fillFolder(folder: string, count: number): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const store = new Store(folder, "relaxed", realClock);
  const writer = new ItemWriter(store);
  const container = await store.change(() => {
    const database = store.catalog.createDatabase("bench", undefined, store.stamp());
    const definition = {
      id: "full",
      partitionKey: readKeyDefinition({ paths: ["/pk"] }),
      throughput: undefined,
      properties: readContainerProperties({}),
    };
    return store.catalog.createContainer(database, definition, store.stamp());
  });
  for (let from = 0; from < count; from += PER_TRANSACTION) {
    await store.write(() => {
      for (let n = from; n < Math.min(count, from + PER_TRANSACTION); n++) {
        const item = { ...itemOf(String(n)), state: `s${n % 10}`, count: n % 100_000 };
        const key = [item.pk];
        const place = { container, key, pk: keyText(key), lsn: store.numbers.take() };
        writer.create(place, readDocument(item));
      }
    });
  }
  await store.settleChores();
  store.close();
}
