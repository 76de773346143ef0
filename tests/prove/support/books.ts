import { type Container, CosmosClient } from "@azure/cosmos";
import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import type { Place } from "../../journey/support/place.ts";
import { counted, effectLine, ledger, seenPartners } from "../../journey/support/partner-books.ts";
import { queueCounts } from "../../journey/support/stores.ts";

const DATABASE = "expedite";

/** Goods are counted on the shelves. */
const unseen = new Set(["reserve", "release", "sell"]);

/** How an order stands in the stores: what is compared with what was promised. */
export interface Standing {
  readonly status: Order["status"] | "unknown";
  readonly owesMessages: boolean;
  readonly goods: Order["stock"]["state"] | "unknown";
  /** How many notices are in which state. */
  readonly notices: Readonly<Partial<Record<Delivery["state"], number>>>;
}

/** What the partners and the stores know of single orders, read piece by piece, so that a look costs little. */
export class Books {
  readonly #place: Place;
  readonly #cosmos: CosmosClient;
  readonly #read = new Map<string, number>();
  readonly #effects = new Map<string, string[]>();

  constructor(place: Place) {
    this.#place = place;
    this.#cosmos = new CosmosClient({ ...place.cosmos });
  }

  /** Everything that counted at a partner and concerns this order, in the order of each partner's ledger. */
  async effectsOf(orderId: string): Promise<readonly string[]> {
    for (const partner of [...seenPartners, "commerce"] as const) {
      const entries = await ledger(this.#place, partner, this.#read.get(partner) ?? 0);
      for (const entry of entries) {
        this.#read.set(partner, entry.seq);
        if (!counted(entry) || entry.orderId === null || unseen.has(entry.kind)) continue;
        const known = this.#effects.get(entry.orderId) ?? [];
        known.push(effectLine(entry));
        this.#effects.set(entry.orderId, known);
      }
    }
    return this.#effects.get(orderId) ?? [];
  }

  async order(brandId: string, orderId: string): Promise<Order> {
    const { resource } = await this.#orders().item(orderId, [brandId, orderId]).read<Order>();
    if (resource === undefined) throw new Error(`There is no order ${orderId}`);
    return resource;
  }

  #orders(): Container {
    return this.#cosmos.database(DATABASE).container("orders");
  }

  async standingOf(brandId: string, orderId: string): Promise<Standing> {
    const database = this.#cosmos.database(DATABASE);
    const { resource } = await this.#orders().item(orderId, [brandId, orderId]).read<Order>();
    const { resources } = await database
      .container("deliveries")
      .items.query<Delivery>({
        query: "SELECT * FROM c WHERE c.orderId = @order",
        parameters: [{ name: "@order", value: orderId }],
      })
      .fetchAll();
    const notices: Partial<Record<Delivery["state"], number>> = {};
    for (const { state } of resources) notices[state] = (notices[state] ?? 0) + 1;
    return {
      status: resource?.status ?? "unknown",
      owesMessages: resource?.pendingSince !== undefined,
      goods: resource?.stock.state ?? "unknown",
      notices,
    };
  }

  /** Every other one is gone, and the rest stand as if they were being told. */
  async loseNotices(orderId: string): Promise<void> {
    const deliveries = this.#cosmos.database(DATABASE).container("deliveries");
    const { resources } = await deliveries.items.readAll<Delivery>({ partitionKey: orderId }).fetchAll();
    for (const [index, { id }] of resources.entries()) {
      const notice = deliveries.item(id, orderId);
      if (index % 2 === 0) await notice.delete();
      else await notice.patch([{ op: "set", path: "/state", value: "sending" }]);
    }
  }

  /** As somebody does when a vendor's endpoint is there again. */
  async enableEndpoints(): Promise<void> {
    const vendors = this.#cosmos.database(DATABASE).container("vendors");
    const { resources } = await vendors.items
      .query<{ id: string }>("SELECT c.id FROM c WHERE IS_DEFINED(c.endpoint.disabled)")
      .fetchAll();
    for (const { id } of resources) {
      await vendors.item(id, id).patch([{ op: "remove", path: "/endpoint/disabled" }]);
    }
  }

  /** Nothing is known of any partner any more; only while no delivery is held. */
  async forgetCircuits(): Promise<void> {
    const circuits = this.#cosmos.database(DATABASE).container("circuits");
    const { resources } = await circuits.items.query<{ id: string }>("SELECT c.id FROM c").fetchAll();
    for (const { id } of resources) await circuits.item(id, id).delete();
  }

  async openCircuits(): Promise<number> {
    const { resources } = await this.#cosmos
      .database(DATABASE)
      .container("circuits")
      .items.query('SELECT c.id FROM c WHERE c.state = "open"')
      .fetchAll();
    return resources.length;
  }

  /** How many orders of the brand stand where. */
  async statuses(brandId: string): Promise<Readonly<Record<string, number>>> {
    const { resources } = await this.#cosmos
      .database(DATABASE)
      .container("orders")
      .items.query<{ status: string }>({
        query: "SELECT c.status FROM c WHERE c.brandId = @brand",
        parameters: [{ name: "@brand", value: brandId }],
      })
      .fetchAll();
    const counts: Record<string, number> = {};
    for (const { status } of resources) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }

  /** Messages that could be handled now, those and the scheduled ones, and dead letters, over all queues. */
  async queues(): Promise<{
    readonly active: number;
    readonly waiting: number;
    readonly deadLetters: number;
  }> {
    const counts = await queueCounts(this.#place);
    return {
      active: counts.reduce((sum, { active }) => sum + active, 0),
      waiting: counts.reduce((sum, { waiting }) => sum + waiting, 0),
      deadLetters: counts.reduce((sum, { deadLetters }) => sum + deadLetters, 0),
    };
  }

  close(): void {
    this.#cosmos.dispose();
  }
}
