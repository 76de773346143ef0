import { CosmosClient } from "@azure/cosmos";
import type { ServiceBusAdministrationClient } from "@azure/service-bus";
import { administrationOverHttp } from "#local/administration-over-http.ts";
import { queueNames } from "#shared/contracts/topology.ts";
import type { Place } from "./place.ts";

export const DATABASE = "expedite";

export async function inCosmos<T>(place: Place, work: (client: CosmosClient) => Promise<T>): Promise<T> {
  const client = new CosmosClient({ ...place.cosmos });
  try {
    return await work(client);
  } finally {
    client.dispose();
  }
}

async function query<T>(place: Place, container: string, text: string): Promise<T[]> {
  return await inCosmos(place, async (client) => {
    const { items } = client.database(DATABASE).container(container);
    return (await items.query<T>(text).fetchAll()).resources;
  });
}

export interface Level {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
}

/** The level document of every SKU, by SKU. */
export async function stockLevels(place: Place): Promise<Record<string, Level>> {
  const levels = await query<Level & { id: string }>(place, "stock", "SELECT * FROM c");
  return Object.fromEntries(
    levels
      .filter(({ id }) => id.startsWith("level_"))
      .map(({ sku, available, reserved }) => [sku, { sku, available, reserved }]),
  );
}

/** Counts the free pieces of a SKU anew, as somebody in the warehouse would. */
export async function setAvailable(place: Place, sku: string, available: number): Promise<void> {
  await inCosmos(place, async (client) => {
    const level = client.database(DATABASE).container("stock").item(`level_${sku}`, sku);
    await level.patch([{ op: "set", path: "/available", value: available }]);
  });
}

/** Orders that still owe messages to a topic. */
export async function ordersWithOutbox(place: Place): Promise<string[]> {
  const text = 'SELECT c.id FROM c WHERE c.pendingSince >= ""';
  return (await query<{ id: string }>(place, "orders", text)).map(({ id }) => id);
}

export interface QueueCount {
  readonly queue: string;
  /** Active, locked and scheduled. */
  readonly waiting: number;
  /** Active and locked: could be handled right now. */
  readonly active: number;
  readonly deadLetters: number;
}

/** How full the work queues are, by Azure's own administration client. */
export async function queueCounts(place: Place): Promise<QueueCount[]> {
  const admin = administration(place);
  return await Promise.all(
    queueNames.map(async (queue) => {
      const counts = await admin.getQueueRuntimeProperties(queue);
      const waiting = counts.activeMessageCount + counts.scheduledMessageCount;
      const { activeMessageCount: active, deadLetterMessageCount: deadLetters } = counts;
      return { queue, waiting, active, deadLetters };
    }),
  );
}

function administration(place: Place): ServiceBusAdministrationClient {
  const { host } = new URL(place.serviceBus.administration);
  return administrationOverHttp(place.serviceBus.connectionString.replace(/sb:\/\/[^;]+/, `sb://${host}`));
}
