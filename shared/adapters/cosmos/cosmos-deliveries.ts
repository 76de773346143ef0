import type { Container, PatchOperation } from "@azure/cosmos";
import { Delivery } from "#shared/contracts/delivery.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { DeliveryCondition, DeliveryLedger, HeldQuery } from "#shared/ports/delivery-ledger.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { asking, status } from "./cosmos-faults.ts";
import { fromDocument, readDocument, readEach, toDocument } from "./documents.ts";

/** The delivery ledger in Cosmos DB: the deliveries of one order share its partition. The reconciler names those that cannot be read. */
export function createCosmosDeliveries(container: Container): DeliveryLedger {
  const silently = new BulkWriter(container, { returnBodies: false });
  const answering = new BulkWriter(container, { returnBodies: true });

  const get = (orderId: string, deliveryId: string): Promise<Delivery | undefined> =>
    readDocument(container, Delivery, deliveryId, orderId);

  return {
    get,

    async createIfAbsent(delivery) {
      const { statusCode } = await silently.write({
        operationType: "Create",
        partitionKey: delivery.orderId,
        resourceBody: toDocument(delivery),
      });
      if (statusCode < 300) return { created: true, delivery };
      if (statusCode !== status.conflict)
        throw new Error(`Cosmos DB answered ${statusCode} to a new delivery`);
      const stored = await get(delivery.orderId, delivery.id);
      // Another process wrote it just now, and this one's replica has not seen it yet.
      if (stored === undefined)
        throw new TransientFault(`Delivery ${delivery.id} exists and is not visible yet`);
      return { created: false, delivery: stored };
    },

    async ofOrder(orderId) {
      const { resources } = await asking(() =>
        container.items.readAll<Delivery>({ partitionKey: orderId }).fetchAll(),
      );
      return readEach(Delivery, resources).readable;
    },

    held: (circuit, query) => heldBy(container, circuit, query),

    async countHeld(circuit) {
      const query = {
        query: "SELECT VALUE COUNT(1) FROM c WHERE c.heldBy = @circuit",
        parameters: [{ name: "@circuit", value: circuit }],
      };
      const { resources } = await asking(() => container.items.query<number>(query).fetchAll());
      return resources[0] ?? 0;
    },

    async change(delivery, changes, condition) {
      const { statusCode, resourceBody } = await answering.write({
        operationType: "Patch",
        id: delivery.id,
        partitionKey: delivery.orderId,
        resourceBody: { condition: conditionText(condition), operations: patchOf(changes) },
      });
      if (statusCode === status.preconditionFailed || statusCode === status.notFound) return undefined;
      if (statusCode >= 300) throw new Error(`Cosmos DB answered ${statusCode} to a change of a delivery`);
      return fromDocument(Delivery, resourceBody);
    },
  };
}

async function heldBy(
  container: Container,
  circuit: string,
  { dueBefore, limit }: HeldQuery,
): Promise<Delivery[]> {
  const query = {
    // The order by both fields is the composite index.
    query: `SELECT * FROM c WHERE c.heldBy = @circuit
      AND (NOT IS_DEFINED(c.nextAttemptAt) OR IS_NULL(c.nextAttemptAt) OR c.nextAttemptAt < @dueBefore)
      ORDER BY c.heldBy ASC, c.createdAt ASC OFFSET 0 LIMIT @limit`,
    parameters: [
      { name: "@circuit", value: circuit },
      { name: "@dueBefore", value: dueBefore },
      { name: "@limit", value: limit },
    ],
  };
  const { resources } = await asking(() =>
    container.items.query<Delivery>(query, { maxItemCount: Math.min(limit, 1000) }).fetchAll(),
  );
  return readEach(Delivery, resources).readable;
}

/** The values are our own literals, never input: the states of the contract, a boolean and a number. */
function conditionText(condition: DeliveryCondition): string {
  const states = condition.state.map((state) => `c.state = "${state}"`).join(" or ");
  const told =
    condition.maybeDelivered === undefined ? "" : ` and c.maybeDelivered = ${condition.maybeDelivered}`;
  const hop = condition.hop === undefined ? "" : ` and c.hop = ${condition.hop}`;
  return `from c where (${states})${told}${hop}`;
}

/** Cosmos DB refuses to remove what is not there, so a field that shall go is set to null; reading leaves it out. */
const patchOf = (changes: object): PatchOperation[] =>
  Object.entries(changes).map(([field, value]) => ({ op: "set", path: `/${field}`, value: value ?? null }));
