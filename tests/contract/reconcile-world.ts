import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import type { Container, ItemDefinition } from "@azure/cosmos";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { createCosmosBooks } from "#shared/adapters/cosmos/cosmos-books.ts";
import { createCosmosDeliveries } from "#shared/adapters/cosmos/cosmos-deliveries.ts";
import { createCosmosFindings } from "#shared/adapters/cosmos/cosmos-findings.ts";
import { createCosmosOrders } from "#shared/adapters/cosmos/cosmos-orders.ts";
import { createCosmosStock } from "#shared/adapters/cosmos/cosmos-stock.ts";
import { createHttpPaymentBook } from "#shared/adapters/payments/http-payment-book.ts";
import { createHttpPayments } from "#shared/adapters/payments/http-payments.ts";
import { vendorsOf } from "#shared/domain/hand-over.ts";
import type { Answer } from "#shared/domain/question.ts";
import { answerQuestion } from "#shared/use-cases/answer-question.ts";
import { handOverOrder } from "#shared/use-cases/hand-over-order.ts";
import type { Finding } from "#shared/contracts/finding.ts";
import type { Order } from "#shared/contracts/order.ts";
import { OrderReceipt } from "#shared/contracts/resources.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { type Reconciled, reconcile } from "#shared/use-cases/reconcile/reconcile.ts";
import type { Containers } from "../../scripts/seed/create-containers.ts";
import { anOrderRequest } from "../builders/orders.ts";
import { KEYS as PARTNER_KEYS, openPartners } from "../emulator/partners/world.ts";
import { createMemoryApp, KEYS } from "../fakes/memory-app.ts";
import { call, deliverAll, useApp } from "../unit/bindings/the-functions.ts";
import { openCosmos } from "./cosmos-world.ts";

const BRAND = "pancake-palace";
const HOUR = 60 * 60 * 1000;
const SKUS = ["PANCAKE-MIX", "BUTTER", "SYRUP"];

export type World = Awaited<ReturnType<typeof openShop>>;

/**
 * A shop of the real functions over the genuine Cosmos DB client and the payment partner, with time driven by hand and
 * the notices in memory; and the hands of somebody who breaks its records behind its back.
 */
export async function openShop() {
  const memory = createMemoryApp();
  const { system } = memory;
  const clock = createHandClock(system.now());
  const [cosmos, partners] = await Promise.all([openCosmos(), openPartners({ clock, log: () => undefined })]);
  const containers = await cosmos.newContainers();
  for (const sku of SKUS) await stockUp(containers, sku, 1000);
  const orders = createCosmosOrders(containers.orders);
  const payments = { baseUrl: partners.url, apiKey: PARTNER_KEYS.payments };
  const app = {
    ...memory,
    orders,
    ledger: createCosmosDeliveries(containers.deliveries),
    stock: createCosmosStock(containers.stock),
    payments: createHttpPayments(payments),
    findings: createCosmosFindings(containers.findings),
    outbox: new OutboxPublisher({ orders, bus: memory.bus, log: memory.log }),
    books: {
      ...createCosmosBooks(containers),
      payments: createHttpPaymentBook(payments),
    },
  };
  let placed = 0;
  const headers = { authorization: `Bearer ${KEYS.storefront}`, "content-type": "application/json" };
  const read = async (id: string): Promise<Order> => {
    const order = await orders.get({ brandId: BRAND, orderId: id });
    if (order === undefined) throw new Error(`There is no ${id}`);
    return order;
  };
  return {
    app,
    containers,
    now: () => system.now(),
    /** Places an order and answers its id; nothing is handled yet. */
    async place(changes: Partial<OrderRequest> = {}): Promise<string> {
      useApp(app);
      const answer = await call("post-order", {
        headers: { ...headers, "idempotency-key": `checkout-${++placed}` },
        body: JSON.stringify(anOrderRequest(changes)),
      });
      return OrderReceipt.parse(answer.body).id;
    },
    read,
    cancel(id: string) {
      useApp(app);
      return call("post-cancellation", { params: { id }, headers });
    },
    async answer(id: string, answer: Answer): Promise<void> {
      const name = { brandId: BRAND, orderId: id, question: 1, expiresAtMs: 0 };
      const result = await answerQuestion(app, name, answer, { at: new Date(system.now()).toISOString() });
      if (!result.ok) throw new Error(`The answer was not taken: ${result.reason}`);
    },
    /** By each of its vendors. */
    async handOver(id: string): Promise<void> {
      const occasion = { at: new Date(system.now()).toISOString() };
      for (const vendorId of vendorsOf(await read(id)))
        await handOverOrder(app, { vendorId, orderId: id }, occasion);
    },
    /** Lets everything come to rest. */
    rest(): Promise<void> {
      useApp(app);
      return deliverAll(app);
    },
    /** Long enough for every grace to be over. */
    async wait(): Promise<void> {
      system.advance(2 * HOUR);
      await clock.advance(2 * HOUR);
    },
    reconcile: (): Promise<Reconciled> => reconcile(app, new Date(system.now() - 48 * HOUR).toISOString()),
    findings: (): Promise<Finding[]> => app.findings.open(),
    /** The first document of that id. */
    async look(container: Container, id: string): Promise<ItemDefinition> {
      const query = { query: "SELECT * FROM c WHERE c.id = @id", parameters: [{ name: "@id", value: id }] };
      const { resources } = await container.items.query<ItemDefinition>(query).fetchAll();
      const [document] = resources;
      if (document === undefined) throw new Error(`There is no ${id}`);
      return document;
    },
    /** Changes one document as no code of ours would. */
    async put(container: Container, document: ItemDefinition): Promise<void> {
      await container.items.upsert(document);
    },
    async remove(container: Container, document: ItemDefinition): Promise<void> {
      await container.item(String(document.id), keyOf(container, document)).delete();
    },
    /** Changes the provider's own records. */
    tamperWithPayments(sql: string, ...values: readonly string[]): void {
      const books = new DatabaseSync(join(partners.folder, "partners.db"));
      books.prepare(sql).run(...values);
      books.close();
    },
    async stop(): Promise<void> {
      await partners.stop();
      await cosmos.stop();
    },
  };
}

const stockUp = async ({ stock }: Containers, sku: string, available: number): Promise<void> => {
  await stock.items.upsert({
    id: `level_${sku}`,
    sku,
    available,
    reserved: 0,
    sold: 0,
    stocked: available,
  });
};

/** By the containers of the contract. */
function keyOf(container: Container, document: ItemDefinition): string | string[] {
  if (container.id === "orders") return [String(document["brandId"]), String(document.id)];
  return String(container.id === "deliveries" ? document["orderId"] : document["sku"]);
}
