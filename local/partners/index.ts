import { once } from "node:events";
import type { Server } from "node:http";
import { join } from "node:path";
import type { PartOptions, RunningPart } from "../part.ts";
import { GroupCommit } from "../sqlite/group-commit.ts";
import { commerceRoutes } from "./commerce/routes.ts";
import { controlRoutes } from "./control-routes.ts";
import { createDesk } from "./desk.ts";
import { createPartnersServer, portOf } from "./http/server.ts";
import { openLedger } from "./ledger.ts";
import { acsRoutes } from "./mail/acs-routes.ts";
import { mailboxRoutes } from "./mail/mailbox-routes.ts";
import { openMailbox } from "./mail/mailbox.ts";
import { openMailOperations } from "./mail/operations.ts";
import { startSmtp } from "./mail/smtp.ts";
import { openModes } from "./modes.ts";
import { openPaymentBook } from "./payments/payment-book.ts";
import { paymentRoutes } from "./payments/routes.ts";
import { stockRoutes } from "./stock/routes.ts";
import { openStockBook } from "./stock/stock-book.ts";
import { openVendorBook, webhookRoutes } from "./webhooks/routes.ts";

const DEFAULT_TOLERANCE_SECONDS = 5 * 60;

export interface PartnersOptions extends PartOptions {
  /** 0 = any free port; what was taken is in the answer. */
  readonly port: number;
  readonly smtpPort: number;
  readonly keys: {
    readonly payments: string;
    /** Of the stock partner, and of the one that takes payments as well. */
    readonly stock: string;
    /** Base64: the access key of the mail connection string, and the password for SMTP. */
    readonly mail: string;
  };
  /** Standard Webhooks secrets by vendor id; more can be registered over HTTP. */
  readonly webhookSecrets?: Readonly<Record<string, string>>;
  /** How far a webhook's timestamp may be off. Infinity where the clock is driven by hand. */
  readonly webhookToleranceSeconds?: number;
  /** Chance for the modes that need it: uniform in [0, 1). */
  readonly random?: () => number;
}

export interface RunningPartners extends RunningPart {
  readonly port: number;
  readonly smtpPort: number;
  /** Without a slash at the end; `/payments`, `/stock`, `/commerce`, `/mail` and `/webhooks` are below it. */
  readonly url: string;
  readonly smtpUrl: string;
  /** For the genuine `@azure/communication-email` client. */
  readonly mailConnectionString: string;
}

/** The pretend outside world: payment provider, stock partner, mail provider and the webhook receivers of vendors. */
export async function startPartners(options: PartnersOptions): Promise<RunningPartners> {
  const store = new GroupCommit({
    path: join(options.dataFolder, "partners.db"),
    durability: options.durability,
  });
  const { clock, keys, log } = options;
  const ledger = openLedger(store);
  const modes = openModes(store, () => clock.now(), options.random ?? Math.random);
  const desk = createDesk(store, clock, ledger, modes);
  const payments = openPaymentBook(store);
  const stock = openStockBook(store);
  const mailbox = openMailbox(store);
  const operations = openMailOperations(store);
  const vendors = openVendorBook(store);
  await store.write(() => {
    for (const [id, secret] of Object.entries(options.webhookSecrets ?? {})) vendors.setSecret(id, secret);
  });
  const forgetAll = (): void => {
    for (const book of [ledger, payments, stock, mailbox, operations, vendors]) book.clear();
  };
  const server = createPartnersServer(
    [
      ...controlRoutes(store, ledger, modes, forgetAll),
      ...paymentRoutes(desk, payments, keys.payments),
      ...stockRoutes(desk, stock, keys.stock),
      ...commerceRoutes(desk, { stock, payments }, keys.stock),
      ...acsRoutes({ desk, mailbox, operations, accessKey: keys.mail }),
      ...mailboxRoutes(store, mailbox),
      ...webhookRoutes(desk, vendors, options.webhookToleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS),
    ],
    log,
  );
  const stack = new AsyncDisposableStack();
  stack.defer(() => store.close());
  stack.defer(() => {
    desk.stop();
    server.close();
    server.closeAllConnections();
  });
  try {
    const port = await listen(server, options.port);
    const smtp = await startSmtp({ desk, mailbox, password: keys.mail, port: options.smtpPort, log });
    stack.defer(() => smtp.stop());
    const url = `http://127.0.0.1:${port}`;
    return {
      port,
      smtpPort: smtp.port,
      url,
      smtpUrl: `smtp://127.0.0.1:${smtp.port}`,
      mailConnectionString: `endpoint=${url}/;accesskey=${keys.mail}`,
      stop: () => stack.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return portOf(server);
}
