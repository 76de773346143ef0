import type { Container, OperationInput, PatchOperation, SqlParameter } from "@azure/cosmos";
import { Order } from "#shared/contracts/order.ts";
import type { OrderListQuery } from "#shared/ports/order-reader.ts";
import type { OrderStore, WaitingOrders } from "#shared/ports/order-store.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { asking, status, throwIfTemporary } from "./cosmos-faults.ts";
import { fromDocument, readDocument, readEach, toDocument } from "./documents.ts";

/** Orders in Cosmos DB, one document each, partitioned by brand and id. */
export function createCosmosOrders(container: Container): OrderStore {
  // Apart, so that a storefront's order never waits for the housekeeping of an earlier one.
  const accepting = new BulkWriter(container, { returnBodies: false });
  const clearing = new BulkWriter(container, { returnBodies: false });
  const moving = new BulkWriter(container, { returnBodies: true });
  return {
    get: (ref) => readDocument(container, Order, ref.orderId, [ref.brandId, ref.orderId]),
    list: (query) => listOrders(container, query),
    earlierLike: (order, since) => earlierLike(container, order, since),
    pending: ({ from = "", before }, limit) =>
      waitingOrders(container, "pendingSince", { from, to: before, including: false }, limit),
    due: ({ from = "", until }, limit) =>
      waitingOrders(container, "dueAt", { from, to: until, including: true }, limit),

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
      const [first, ...more] = patchesOf(previous, next);
      const { statusCode, resourceBody } =
        more.length === 0
          ? await moving.write({ ...first, partitionKey: keyOf(previous) })
          : await allOrNothing(container, previous, [first, ...more]);
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

/** The service's limit. */
const MOST_PATCH_OPERATIONS = 10;

type Patch = Extract<OperationInput, { operationType: "Patch" }>;

/** One patch, or as many as it takes; the first one holds only for the version that it starts from. */
function patchesOf(previous: Order, next: Order): [Patch, ...Patch[]] {
  const operations = differences(previous, next);
  const patch = (from: number) => operations.slice(from, from + MOST_PATCH_OPERATIONS);
  const common = { operationType: "Patch", id: previous.id } as const;
  const condition = `from c where c.version = ${previous.version}`;
  const more: Patch[] = [];
  for (let from = MOST_PATCH_OPERATIONS; from < operations.length; from += MOST_PATCH_OPERATIONS) {
    more.push({ ...common, resourceBody: { operations: patch(from) } });
  }
  return [{ ...common, resourceBody: { condition, operations: patch(0) } }, ...more];
}

/** Several patches of one order as one transaction. Answers its status, and the document as the last patch left it. */
async function allOrNothing(container: Container, order: Order, patches: readonly Patch[]) {
  const response = await asking(() => container.items.batch([...patches], keyOf(order)));
  const results = response.result ?? [];
  throwIfTemporary(
    results.map(({ statusCode }) => statusCode),
    "a transaction over an order",
  );
  // The others of a failed transaction only say that they depend on the one which failed.
  const failed = results.find(
    ({ statusCode }) => statusCode >= 300 && statusCode !== status.failedDependency,
  );
  const { statusCode, resourceBody } = failed ?? results.at(-1) ?? {};
  return { statusCode: statusCode ?? response.code ?? 500, resourceBody };
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
  for (const field of Object.keys(previous)) {
    if (field !== "pendingSince" && !(field in next)) operations.push({ op: "remove", path: `/${field}` });
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

async function earlierLike(container: Container, order: Order, since: string): Promise<string | undefined> {
  const query = {
    query: `SELECT c.id, c.sort FROM c WHERE c.brandId = @brandId AND c.basket = @basket
      AND c.sort >= @since AND c.sort < @sort AND c.status != "cancelled" AND c.status != "refunded"`,
    parameters: [
      { name: "@brandId", value: order.brandId },
      { name: "@basket", value: order.basket ?? "" },
      { name: "@since", value: since },
      { name: "@sort", value: order.sort },
    ],
  };
  const { resources } = await asking(() =>
    container.items.query<{ id: string; sort: string }>(query, { partitionKey: [order.brandId] }).fetchAll(),
  );
  return resources.toSorted((a, b) => (a.sort < b.sort ? -1 : 1))[0]?.id;
}

/** One page of the orders that wait by the clock in a field of theirs, the longest waiting first. */
async function waitingOrders(
  container: Container,
  field: "pendingSince" | "dueAt",
  { from, to, including }: { readonly from: string; readonly to: string; readonly including: boolean },
  limit: number,
): Promise<WaitingOrders> {
  const query = {
    query: `SELECT * FROM c WHERE c.${field} >= @from AND c.${field} ${including ? "<=" : "<"} @to
      ORDER BY c.${field} ASC OFFSET 0 LIMIT @limit`,
    parameters: [
      { name: "@from", value: from },
      { name: "@to", value: to },
      { name: "@limit", value: limit },
    ],
  };
  const { resources } = await asking(() =>
    container.items.query<Order>(query, { maxItemCount: limit }).fetchAll(),
  );
  const { readable: orders, unreadable } = readEach(Order, resources);
  const next = resources.length < limit ? undefined : resources.at(-1)?.[field];
  return { orders, unreadable, ...(next === undefined ? {} : { next }) };
}
