import type { Container, FeedResponse, ItemDefinition, Resource, SqlQuerySpec } from "@azure/cosmos";
import { z } from "zod";
import { Delivery } from "#shared/contracts/delivery.ts";
import { Order } from "#shared/contracts/order.ts";
import type { Entry, SkuRecord } from "#shared/domain/reconcile/records.ts";
import type { DeliveryBook, OrderBook, StockBook } from "#shared/ports/books.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";
import { fromDocument } from "./documents.ts";

const PAGE = 200;
/** How often a SKU that keeps changing is looked at before it is left to the next run. */
const MOST_LOOKS = 5;

/** Every document that the query finds, page by page. */
async function* documents<T>(container: Container, query: SqlQuerySpec): AsyncGenerator<T> {
  const pages = container.items.query<T>(query, { maxItemCount: PAGE });
  while (pages.hasMoreResults()) {
    const page: Partial<FeedResponse<T>> = await asking(() => pages.fetchNext());
    // Where a page ends just where the query does, the client answers one more without resources; its types deny it.
    yield* page.resources ?? [];
  }
}

/** A document of the store, or its name when it does not keep to its contract any more. */
function entryOf<S extends z.ZodObject>(schema: S, document: ItemDefinition): Entry<z.infer<S>> {
  try {
    return { record: fromDocument(schema, document) };
  } catch {
    return { damaged: document.id ?? "a document without an id" };
  }
}

const orderBook = (container: Container): OrderBook => ({
  async *since(from) {
    // `sort` begins with the time of creation and is indexed already.
    const query = {
      query: "SELECT * FROM c WHERE c.sort >= @from ORDER BY c.sort ASC",
      parameters: [{ name: "@from", value: from }],
    };
    for await (const document of documents<ItemDefinition>(container, query)) yield entryOf(Order, document);
  },
  async named(orderId) {
    const query = {
      query: "SELECT * FROM c WHERE c.id = @id",
      parameters: [{ name: "@id", value: orderId }],
    };
    for await (const document of documents<ItemDefinition>(container, query)) return entryOf(Order, document);
    return undefined;
  },
});

const deliveryBook = (container: Container): DeliveryBook => ({
  since: (from) =>
    documents(container, {
      query: "SELECT c.id, c.orderId, c.brandId FROM c WHERE c.createdAt >= @from ORDER BY c.createdAt ASC",
      parameters: [{ name: "@from", value: from }],
    }),
  async ofOrder(orderId) {
    const { resources } = await asking(() =>
      container.items.readAll<ItemDefinition>({ partitionKey: orderId }).fetchAll(),
    );
    return resources.map((document) => entryOf(Delivery, document));
  },
});

const Level = z.object({
  available: z.int(),
  reserved: z.int(),
  sold: z.int().default(0),
  stocked: z.int().optional(),
});
const HoldDocument = z.object({
  id: z.string(),
  orderId: z.string(),
  sku: z.string(),
  quantity: z.int().min(1),
});

const stockBook = (container: Container): StockBook => ({
  skus: () => documents(container, { query: "SELECT DISTINCT VALUE c.sku FROM c" }),
  async ofSku(sku) {
    for (let look = 0; look < MOST_LOOKS; look++) {
      const before = await readLevel(container, sku);
      const holds = await heldOf(container, sku);
      const after = await readLevel(container, sku);
      if (before?._etag === after?._etag)
        return { sku, level: after === undefined ? undefined : entryOf(Level, after), holds };
    }
    return undefined;
  },
});

type LevelDocument = ItemDefinition & Resource;

async function readLevel(container: Container, sku: string): Promise<LevelDocument | undefined> {
  return await asking(async () => {
    try {
      return (await container.item(`level_${sku}`, sku).read<LevelDocument>()).resource;
    } catch (error) {
      if (statusOf(error) === status.notFound) return undefined;
      throw error;
    }
  });
}

async function heldOf(container: Container, sku: string): Promise<SkuRecord["holds"]> {
  const query = { query: 'SELECT * FROM c WHERE c.state = "held"' };
  const { resources } = await asking(() =>
    container.items.query<ItemDefinition>(query, { partitionKey: sku }).fetchAll(),
  );
  return resources.map((document) => {
    const entry = entryOf(HoldDocument, document);
    if ("damaged" in entry) return entry;
    const { id: reservationId, ...hold } = entry.record;
    return { record: { reservationId, ...hold } };
  });
}

/** What the app's own containers say. */
export const createCosmosBooks = (containers: {
  readonly orders: Container;
  readonly deliveries: Container;
  readonly stock: Container;
}): { readonly orders: OrderBook; readonly deliveries: DeliveryBook; readonly stock: StockBook } => ({
  orders: orderBook(containers.orders),
  deliveries: deliveryBook(containers.deliveries),
  stock: stockBook(containers.stock),
});
