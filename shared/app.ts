import { createCommercePartner } from "./adapters/commerce-partner/commerce-partner.ts";
import { createAcsMailer } from "./adapters/mail/acs-mailer.ts";
import { createSmtpMailer } from "./adapters/mail/smtp-mailer.ts";
import { createHttpPayments } from "./adapters/payments/http-payments.ts";
import { createServiceBusQueueWatch } from "./adapters/service-bus/service-bus-queue-watch.ts";
import { createChatWebhook } from "./adapters/chat/chat-webhook.ts";
import { createCosmosWatch } from "./adapters/cosmos/cosmos-watch.ts";
import { createServiceBusBus } from "./adapters/service-bus/service-bus-bus.ts";
import { createStockPartner } from "./adapters/stock-partner/stock-partner.ts";
import { createWebhookSender } from "./adapters/webhook/webhook-sender.ts";
import { consoleLog } from "./adapters/console-log.ts";
import { createCosmosBudgets } from "./adapters/cosmos/cosmos-budgets.ts";
import { createCosmosCircuits } from "./adapters/cosmos/cosmos-circuits.ts";
import { connectCosmos } from "./adapters/cosmos/connect-cosmos.ts";
import { createCosmosDeliveries } from "./adapters/cosmos/cosmos-deliveries.ts";
import { createCosmosDirectory } from "./adapters/cosmos/cosmos-directory.ts";
import { createCosmosBooks } from "./adapters/cosmos/cosmos-books.ts";
import { createCosmosFindings } from "./adapters/cosmos/cosmos-findings.ts";
import { createHttpPaymentBook } from "./adapters/payments/http-payment-book.ts";
import { createCosmosOrders } from "./adapters/cosmos/cosmos-orders.ts";
import { createCosmosVendorEndpoints } from "./adapters/cosmos/cosmos-vendor-endpoints.ts";
import { createCosmosStock } from "./adapters/cosmos/cosmos-stock.ts";
import { LateTelemetry } from "./adapters/telemetry/silent-telemetry.ts";
import { startTelemetry } from "./adapters/telemetry/start-telemetry.ts";
import { measuredLedger, measuredOrders, traced, tracedBus } from "./adapters/telemetry/traced.ts";
import { parseSettings, type Settings } from "./contracts/settings.ts";
import type { AnswerTimes } from "./domain/question.ts";
import { type QuestionLinks, questionLinks } from "./domain/question-link.ts";
import type { RetryPolicy } from "./domain/retry.ts";
import type { Chat } from "./ports/chat.ts";
import type { QueueWatch } from "./ports/queue-watch.ts";
import type { WatchStore } from "./ports/watch-store.ts";
import { CountingTelemetry } from "./adapters/telemetry/counting-telemetry.ts";
import type { Bus } from "./ports/bus.ts";
import type { Circuits } from "./ports/circuits.ts";
import type { DeliveryLedger } from "./ports/delivery-ledger.ts";
import type { Directory } from "./ports/directory.ts";
import type { Findings } from "./ports/findings.ts";
import type { Log } from "./ports/log.ts";
import type { Mailer } from "./ports/mailer.ts";
import type { OrderStore } from "./ports/order-store.ts";
import type { Payments } from "./ports/payments.ts";
import type { Stock } from "./ports/stock.ts";
import type { System } from "./ports/system.ts";
import type { Telemetry } from "./ports/telemetry.ts";
import type { VendorEndpoints } from "./ports/vendor-endpoints.ts";
import type { WebhookSender } from "./ports/webhook-sender.ts";
import { Breaker } from "./use-cases/breaker.ts";
import { guardedPayments, guardedStock } from "./use-cases/guard.ts";
import { mailRates } from "./use-cases/notify/send-mail.ts";
import type { Books } from "./use-cases/reconcile/gather.ts";
import { OutboxPublisher } from "./use-cases/publish-outbox.ts";

/** Everything the functions work with. Each use case takes only the part of it that it needs. */
export interface App {
  readonly settings: Settings;
  readonly orders: OrderStore;
  readonly ledger: DeliveryLedger;
  readonly directory: Directory;
  readonly endpoints: VendorEndpoints;
  readonly stock: Stock;
  readonly payments: Payments;
  readonly mailer: Mailer;
  readonly webhooks: WebhookSender;
  readonly bus: Bus;
  readonly outbox: OutboxPublisher;
  /** Whole stores, for the reconciler. */
  readonly books: Books;
  readonly findings: Findings;
  readonly system: System;
  readonly retryPolicy: RetryPolicy;
  readonly circuits: Circuits;
  readonly breaker: Breaker;
  /** Calls per second that partners take, by circuit; the others have no limit. */
  readonly ratesPerSecond: Readonly<Record<string, number>>;
  readonly mailAmbiguousSends: number;
  readonly answerTimes: AnswerTimes;
  readonly links: QuestionLinks;
  readonly log: Log;
  readonly telemetry: Telemetry;
  readonly queues: QueueWatch;
  readonly watchStore: WatchStore;
  /** Where alarms are said; undefined where nobody set one up. */
  readonly chat: Chat | undefined;
}

const systemClock: System = { now: () => Date.now(), random: () => Math.random() };

/** Chooses the adapters by the settings. */
async function createApp(settings: Settings): Promise<App> {
  const [system, log] = [systemClock, consoleLog];
  const database = await connectCosmos(settings);
  const watching = watchOf(settings, database);
  const telemetry = new CountingTelemetry(lateTelemetry, watching.watchStore, system);
  const orders = measuredOrders(telemetry, createCosmosOrders(database.container("orders")));
  const bus = tracedBus(
    telemetry,
    createServiceBusBus(() => connectBus(settings)),
  );
  const circuits = createCosmosCircuits(database.container("circuits"));
  const ratesPerSecond = mailRates(settings.MAIL_RATE_PER_SECOND);
  const breaker = new Breaker({
    circuits,
    budgets: createCosmosBudgets(database.container("budgets"), { now: () => system.now(), pause }),
    system,
    log,
    policy: { openMs: settings.CIRCUIT_OPEN_MS, openCapMs: settings.CIRCUIT_OPEN_CAP_MS },
    ratesPerSecond,
  });
  const { stock, payments } = goodsAndMoney(settings, database, telemetry, breaker);
  return {
    settings,
    system,
    log,
    orders,
    bus,
    telemetry,
    ...watching,
    mailer: traced(telemetry, "mail", mailerOf(settings)),
    circuits,
    ratesPerSecond,
    breaker,
    mailAmbiguousSends: settings.MAIL_AMBIGUOUS_SENDS,
    ledger: measuredLedger(telemetry, createCosmosDeliveries(database.container("deliveries"))),
    directory: directoryOf(database, system),
    endpoints: createCosmosVendorEndpoints(database.container("vendors")),
    stock,
    payments,
    webhooks: traced(telemetry, "webhook", webhooksOf(settings, system)),
    outbox: new OutboxPublisher({ orders, bus, log }),
    answerTimes: { withinMs: settings.ANSWER_WITHIN_MS, remindBeforeMs: settings.REMIND_BEFORE_MS },
    links: questionLinks({ keys: settings.LINK_KEYS.split(","), publicUrl: settings.PUBLIC_URL }),
    books: booksOf(settings, database),
    findings: createCosmosFindings(database.container("findings")),
    retryPolicy: { baseMs: settings.RETRY_BASE_MS, capMs: settings.RETRY_CAP_MS },
  };
}

const connectBus = async (settings: Settings) =>
  (await import("./adapters/service-bus/connect-service-bus.ts")).connectServiceBus(settings);

const privateTargets = ({ WEBHOOK_PRIVATE_TARGETS }: Settings): string[] =>
  WEBHOOK_PRIVATE_TARGETS.split(",").filter((target) => target !== "");

function watchOf(settings: Settings, database: Database): Pick<App, "watchStore" | "queues" | "chat"> {
  const { ALARM_CHAT_URL: url } = settings;
  return {
    watchStore: createCosmosWatch(database.container("watch")),
    queues: createServiceBusQueueWatch(() => connectBus(settings)),
    chat: url === undefined ? undefined : createChatWebhook({ url, allowPrivate: privateTargets(settings) }),
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

type Database = Awaited<ReturnType<typeof connectCosmos>>;

/** Our own stock has no guard: it is in the database without which no message can be worked on at all. */
function goodsAndMoney(
  settings: Settings,
  database: Database,
  telemetry: Telemetry,
  breaker: Breaker,
): Pick<App, "stock" | "payments"> {
  const { STOCK_PROVIDER, STOCK_PARTNER_URL: baseUrl = "", STOCK_PARTNER_KEY: apiKey = "" } = settings;
  const watched = ({
    stock,
    payments,
  }: Pick<App, "stock" | "payments">): Pick<App, "stock" | "payments"> => ({
    stock: traced(telemetry, "stock", stock),
    payments: traced(telemetry, "payments", payments),
  });
  if (STOCK_PROVIDER === "commerce") {
    const partner = watched(createCommercePartner({ baseUrl, apiKey }));
    return {
      stock: guardedStock(partner.stock, breaker, "commerce"),
      payments: guardedPayments(partner.payments, breaker, "commerce"),
    };
  }
  const { stock, payments } = watched({
    stock:
      STOCK_PROVIDER === "partner"
        ? createStockPartner({ baseUrl, apiKey })
        : createCosmosStock(database.container("stock")),
    payments: createHttpPayments({ baseUrl: settings.PAYMENTS_URL, apiKey: settings.PAYMENTS_KEY }),
  });
  return {
    stock: STOCK_PROVIDER === "partner" ? guardedStock(stock, breaker, "stock") : stock,
    payments: guardedPayments(payments, breaker, "payments"),
  };
}

function directoryOf(database: Database, system: System): Directory {
  const containers = {
    brands: database.container("brands"),
    vendors: database.container("vendors"),
    keys: database.container("keys"),
  };
  return createCosmosDirectory(containers, system);
}

const webhooksOf = (settings: Settings, system: System): WebhookSender =>
  createWebhookSender({
    allowPrivate: privateTargets(settings),
    now: () => system.now(),
  });

function booksOf(settings: Settings, database: Database): Books {
  const { STOCK_PROVIDER: provider } = settings;
  const { stock, ...own } = createCosmosBooks({
    orders: database.container("orders"),
    deliveries: database.container("deliveries"),
    stock: database.container("stock"),
  });
  return {
    ...own,
    stock: provider === "cosmos" ? stock : undefined,
    payments:
      provider === "commerce"
        ? undefined
        : createHttpPaymentBook({ baseUrl: settings.PAYMENTS_URL, apiKey: settings.PAYMENTS_KEY }),
  };
}

function mailerOf(settings: Settings): Mailer {
  if (settings.MAIL_PROVIDER === "smtp") return createSmtpMailer({ url: settings.SMTP_URL ?? "" });
  if (settings.MAIL_CONNECTION_STRING !== undefined) {
    return createAcsMailer({ connectionString: settings.MAIL_CONNECTION_STRING });
  }
  return createAcsMailer({ endpoint: settings.MAIL_ENDPOINT ?? "" });
}

/** Of this process, since what is below it is global too: one tracer, one meter. */
const lateTelemetry = new LateTelemetry();

let loaded: Promise<App> | undefined;

/** The app of this process, made at the first call; a failed start is tried again by the next one. */
export function loadApp(): Promise<App> {
  loaded ??= createApp(parseSettings(process.env)).catch((error: unknown) => {
    loaded = undefined;
    throw error;
  });
  return loaded;
}

/** So long the host has to hear that the app is there: what is loaded next keeps the process busy for a tenth of a second. */
const HEARD_AFTER_MS = 50;

/**
 * Begins what must not delay the first answer; an order that is there sooner loads what it needs itself. For the host's start.
 * Rejects at once when a setting is missing or wrong.
 */
export async function startInBackground(): Promise<void> {
  parseSettings(process.env);
  await pause(HEARD_AFTER_MS);
  const { settings, log } = await loadApp();
  try {
    const telemetry = await startTelemetry(settings, (event, facts) => log.info(event, facts));
    if (telemetry !== undefined) lateTelemetry.begin(telemetry);
  } catch (error) {
    log.error("telemetry.failed", { error: String(error) });
  }
}

/** Lets publications under way end; the sweep takes what is left. For the host's shutdown. */
export async function closeApp(): Promise<void> {
  if (loaded === undefined) return;
  const { outbox, telemetry } = await loaded;
  await outbox.drain();
  await telemetry.flush();
}
