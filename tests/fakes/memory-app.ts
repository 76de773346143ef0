import type { App } from "#shared/app.ts";
import { DEFAULT_ANSWER_TIMES } from "#shared/domain/question.ts";
import { questionLinks } from "#shared/domain/question-link.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { aBrand, anApiKey, aVendor, aVendorByMail } from "../builders/directory.ts";
import { Breaker } from "#shared/use-cases/breaker.ts";
import { createHandSystem, type HandSystem } from "./hand-system.ts";
import { createMemoryBooks } from "./memory-books.ts";
import { createMemoryBus, type MemoryBus } from "./memory-bus.ts";
import { createMemoryBudgets } from "./memory-budgets.ts";
import { createMemoryCircuits, type MemoryCircuits } from "./memory-circuits.ts";
import { createMemoryDeliveries, type MemoryDeliveries } from "./memory-deliveries.ts";
import { createMemoryDirectory, type MemoryDirectory } from "./memory-directory.ts";
import { createMemoryFindings } from "./memory-findings.ts";
import { createMemoryMailer, type MemoryMailer } from "./memory-mailer.ts";
import { createMemoryOrders, type MemoryOrders } from "./memory-orders.ts";
import { createMemoryPayments, type MemoryPayments } from "./memory-payments.ts";
import { createMemoryStock, type MemoryStock } from "./memory-stock.ts";
import { createMemoryWebhookSender, type MemoryWebhookSender } from "./memory-webhook-sender.ts";
import { createMemoryTelemetry, type MemoryTelemetry } from "./memory-telemetry.ts";
import {
  createMemoryQueueWatch,
  createMemoryWatchStore,
  createRecordingChat,
  type MemoryQueueWatch,
  type RecordingChat,
} from "./memory-watch.ts";
import { createRecordingLog, type RecordingLog } from "./recording-log.ts";

/** Everything the functions work with, in memory; nothing of it needs settings. */
export interface MemoryApp extends Omit<App, "settings"> {
  readonly orders: MemoryOrders;
  readonly ledger: MemoryDeliveries;
  readonly circuits: MemoryCircuits;
  readonly directory: MemoryDirectory;
  readonly stock: MemoryStock;
  readonly payments: MemoryPayments;
  readonly mailer: MemoryMailer;
  readonly webhooks: MemoryWebhookSender;
  readonly bus: MemoryBus;
  readonly system: HandSystem;
  readonly log: RecordingLog;
  readonly telemetry: MemoryTelemetry;
  readonly queues: MemoryQueueWatch;
  readonly chat: RecordingChat;
}

/** Keys of the brand, of a vendor and of operators, as callers carry them. */
export const KEYS = {
  storefront: "a-storefront-key-for-tests",
  otherBrand: "another-brands-key-for-tests",
  vendor: "a-vendor-key-for-tests",
  ops: "an-operators-key-for-tests",
} as const;

/** An app with one brand, its two vendors (one told by webhook, one by mail), a second brand, and all keys. */
export function createMemoryApp(): MemoryApp {
  const system = createHandSystem();
  const orders = createMemoryOrders();
  const bus = createMemoryBus(system);
  const log = createRecordingLog();
  const ledger = createMemoryDeliveries();
  const circuits = createMemoryCircuits();
  const budgets = createMemoryBudgets(system);
  const ratesPerSecond = {};
  const policy = { openMs: 30_000, openCapMs: 300_000 };
  const directory = createMemoryDirectory({
    brands: [aBrand(), aBrand({ id: "sock-drawer", name: "The Sock Drawer" })],
    vendors: [aVendor(), aVendorByMail()],
    keys: [
      anApiKey(KEYS.storefront),
      anApiKey(KEYS.otherBrand, { owner: "sock-drawer" }),
      anApiKey(KEYS.vendor, { scope: "vendor", owner: "vendor-mill" }),
      anApiKey(KEYS.ops, { scope: "ops", owner: "ops" }),
    ],
  });
  return {
    orders,
    circuits,
    ratesPerSecond,
    breaker: new Breaker({ circuits, budgets, system, log, policy, ratesPerSecond }),
    mailAmbiguousSends: 2,
    ledger,
    books: createMemoryBooks(orders, ledger),
    directory,
    endpoints: directory,
    stock: createMemoryStock(),
    payments: createMemoryPayments(),
    mailer: createMemoryMailer(),
    webhooks: createMemoryWebhookSender(),
    bus,
    findings: createMemoryFindings(),
    outbox: new OutboxPublisher({ orders, bus, log }),
    system,
    answerTimes: DEFAULT_ANSWER_TIMES,
    links: questionLinks({ keys: ["a-link-key-for-tests"], publicUrl: "https://shop.example" }),
    retryPolicy: { baseMs: 10_000, capMs: 900_000 },
    log,
    telemetry: createMemoryTelemetry(),
    queues: createMemoryQueueWatch(),
    watchStore: createMemoryWatchStore(),
    chat: createRecordingChat(),
  };
}
