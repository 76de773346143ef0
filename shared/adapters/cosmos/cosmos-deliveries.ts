import type { Container, PatchOperation } from "@azure/cosmos";
import { Delivery } from "#shared/contracts/delivery.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { DeliveryCondition, DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import { BulkWriter } from "./bulk-writer.ts";
import { asking, status } from "./cosmos-faults.ts";
import { fromDocument, readDocument, toDocument } from "./documents.ts";

/** The delivery ledger in Cosmos DB: the deliveries of one order share its partition. */
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
      return resources.map((document) => fromDocument(Delivery, document));
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

/** The values are our own literals, never input: the states of the contract and a boolean. */
function conditionText(condition: DeliveryCondition): string {
  const states = condition.state.map((state) => `c.state = "${state}"`).join(" or ");
  const told =
    condition.maybeDelivered === undefined ? "" : ` and c.maybeDelivered = ${condition.maybeDelivered}`;
  return `from c where (${states})${told}`;
}

/** Cosmos DB refuses to remove what is not there, so a field that shall go is set to null; reading leaves it out. */
const patchOf = (changes: object): PatchOperation[] =>
  Object.entries(changes).map(([field, value]) => ({ op: "set", path: `/${field}`, value: value ?? null }));
