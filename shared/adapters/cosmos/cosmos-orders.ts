import type { Container, PatchOperation, SqlParameter } from "@azure/cosmos";
import { Order } from "#shared/contracts/order.ts";
import type { OrderListQuery } from "#shared/ports/order-reader.ts";
import type { OrderStore, PendingOrders } from "#shared/ports/order-store.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { asking, status } from "./cosmos-faults.ts";
import { fromDocument, readDocument, toDocument } from "./documents.ts";

/** Orders in Cosmos DB, one document each, partitioned by brand and id. */
export function createCosmosOrders(container: Container): OrderStore {
  // Apart, so that a storefront's order never waits for the housekeeping of an earlier one.
  const accepting = new BulkWriter(container, { returnBodies: false });
  const clearing = new BulkWriter(container, { returnBodies: false });
  const moving = new BulkWriter(container, { returnBodies: true });
  return {
    get: (ref) => readDocument(container, Order, ref.orderId, [ref.brandId, ref.orderId]),
    list: (query) => listOrders(container, query),
    pending: (waiting, limit) => pendingOrders(container, waiting, limit),

    async create(order) {
      const { statusCode } = await accepting.write({
        operationType: "Create",
        partitionKey: keyOf(order),
        resourceBody: toDocument(order),
      });
      if (statusCode === status.conflict) return { ok: false, reason: "exists" };
      return expectSuccess(statusCode, "create an order");
    },

    async transition(previous, next) {
      const { statusCode, resourceBody } = await moving.write({
        operationType: "Patch",
        id: previous.id,
        partitionKey: keyOf(previous),
        resourceBody: {
          condition: `from c where c.version = ${previous.version}`,
          operations: differences(previous, next),
        },
      });
      if (statusCode === status.preconditionFailed) return { ok: false, reason: "changed" };
      return { ...expectSuccess(statusCode, "move an order"), order: fromDocument(Order, resourceBody) };
    },

    async clearOutbox(order) {
      const { statusCode } = await clearing.write({
        operationType: "Patch",
        id: order.id,
        partitionKey: keyOf(order),
        resourceBody: {
          condition: `from c where c.version = ${order.version} and is_defined(c.pendingSince)`,
          operations: [
            { op: "set", path: "/outbox", value: {} },
            { op: "remove", path: "/pendingSince" },
          ],
        },
      });
      if (statusCode !== status.preconditionFailed) expectSuccess(statusCode, "clear an outbox");
    },
  };
}

const keyOf = (order: Order): string[] => [order.brandId, order.id];

function expectSuccess(statusCode: number, what: string): { readonly ok: true } {
  if (statusCode >= 300) throw new Error(`Cosmos DB answered ${statusCode} to an attempt to ${what}`);
  return { ok: true };
}

/**
 * The patch from one version to the next, by top-level field. The outbox is patched entry by entry: what another
 * process cleared meanwhile must not come back, and what is new must be found by the sweep, whatever was cleared.
 */
function differences(previous: Order, next: Order): PatchOperation[] {
  const before: Readonly<Record<string, unknown>> = previous;
  const operations: PatchOperation[] = [];
  for (const [field, value] of Object.entries(next)) {
    if (field !== "outbox" && field !== "pendingSince" && value !== before[field])
      operations.push({ op: "set", path: `/${field}`, value });
  }
  for (const [entryId, entry] of Object.entries(next.outbox)) {
    if (previous.outbox[entryId] === undefined) {
      operations.push({ op: "set", path: `/outbox/${entryId}`, value: entry });
    }
  }
  const owes = operations.some(({ path }) => path.startsWith("/outbox/"));
  if (owes) operations.push({ op: "set", path: "/pendingSince", value: next.pendingSince });
  return operations;
}

async function listOrders(container: Container, query: OrderListQuery): Promise<Order[]> {
  const conditions = ["c.brandId = @brandId"];
  const parameters: SqlParameter[] = [
    { name: "@brandId", value: query.brandId },
    { name: "@limit", value: query.limit },
  ];
  if (query.before !== undefined) {
    conditions.push("c.sort < @before");
    parameters.push({ name: "@before", value: query.before });
  }
  if (query.status !== undefined) {
    conditions.push("c.status = @status");
    parameters.push({ name: "@status", value: query.status });
  }
  const text = `SELECT * FROM c WHERE ${conditions.join(" AND ")} ORDER BY c.sort DESC OFFSET 0 LIMIT @limit`;
  const { resources } = await asking(() =>
    container.items
      .query<Order>({ query: text, parameters }, { partitionKey: [query.brandId], maxItemCount: query.limit })
      .fetchAll(),
  );
  return resources.map((document) => fromDocument(Order, document));
}

async function pendingOrders(
  container: Container,
  { from = "", before }: Parameters<OrderStore["pending"]>[0],
  limit: number,
): Promise<PendingOrders> {
  const query = {
    query: `SELECT * FROM c WHERE c.pendingSince >= @from AND c.pendingSince < @before
      ORDER BY c.pendingSince ASC OFFSET 0 LIMIT @limit`,
    parameters: [
      { name: "@from", value: from },
      { name: "@before", value: before },
      { name: "@limit", value: limit },
    ],
  };
  const { resources } = await asking(() =>
    container.items.query<Order>(query, { maxItemCount: limit }).fetchAll(),
  );
  const orders: Order[] = [];
  const unreadable: string[] = [];
  for (const document of resources) {
    try {
      orders.push(fromDocument(Order, document));
    } catch {
      unreadable.push(document.id);
    }
  }
  const next = resources.length < limit ? undefined : resources.at(-1)?.pendingSince;
  return { orders, unreadable, ...(next === undefined ? {} : { next }) };
}
