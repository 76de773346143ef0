import type { OrderRequest } from "#shared/contracts/order-request.ts";
import { effectsOfCancelled, effectsOfConfirmed } from "../../journey/support/partner-books.ts";
import type { Promised, Stage } from "./stage.ts";

/** One course of an order that takes the code through places where others do not come. */
export interface Scenario {
  readonly name: string;
  readonly request?: (request: OrderRequest) => OrderRequest;
  /** A process is killed here in any case, so that there is something to recover from. */
  readonly killedAt?: { readonly file: string; readonly text: string; readonly during: string };
  /** App settings that it needs; the app is started anew with them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Plays to the end and checks it; throws what is wrong. */
  readonly play: (stage: Stage) => Promise<void>;
}

const unchanged = (request: OrderRequest): OrderRequest => request;
export const requestOf = ({ request = unchanged }: Scenario): ((request: OrderRequest) => OrderRequest) =>
  request;

const withToken =
  (token: string) =>
  (request: OrderRequest): OrderRequest => ({ ...request, payment: { token } });

/** Only some of the goods, so that the others are held and given back. */
const partlySoldOut = (request: OrderRequest): OrderRequest => ({
  ...request,
  lines: request.lines.map((line, index) => (index === 0 ? line : { ...line, sku: `${line.sku}-SOLD-OUT` })),
});

/** Two mails to the customer and a notice to each of the two vendors. */
const confirmed = ({ order }: Stage): Promised => ({
  effects: effectsOfConfirmed(order),
  status: "confirmed",
  notices: { delivered: 4 },
});

const cancelled = ({ order }: Stage): Promised => ({
  effects: [...effectsOfConfirmed(order), ...effectsOfCancelled(order)],
  status: "refunded",
  notices: { delivered: 8 },
});

const asked = ({ order: { id, request } }: Stage): Promised => ({
  effects: ["order-received", "order-attention"].map((mail) => `${id} ${mail} to ${request.customer.email}`),
  status: "needs-attention",
  notices: { delivered: 2 },
});

const receivedMail = ({ order: { id, request } }: Stage): string =>
  `${id} order-received to ${request.customer.email}`;

/** The order goes through although a partner does this to the first calls about it. */
const despite = (
  name: string,
  partner: "payments" | "mail" | "webhooks",
  mode: Readonly<{ mode: string; [option: string]: unknown }>,
): Scenario => ({
  name,
  async play(stage) {
    await stage.make(partner, mode);
    await stage.place();
    await stage.settled(confirmed(stage));
    await stage.make(partner, { mode: "ok" });
  },
});

export const scenarios: readonly Scenario[] = [
  {
    name: "an order goes through",
    async play(stage) {
      await stage.place();
      await stage.settled(confirmed(stage));
    },
  },
  {
    name: "an order is posted five times at once",
    async play(stage) {
      await Promise.all(Array.from({ length: 5 }, () => stage.place()));
      await stage.settled(confirmed(stage));
    },
  },
  {
    name: "a confirmed order is cancelled",
    async play(stage) {
      await stage.place();
      await stage.settled(confirmed(stage));
      await stage.cancel();
      await stage.settled(cancelled(stage));
      await stage.cancel();
      await stage.settled(cancelled(stage));
    },
  },
  {
    name: "the card is declined",
    request: withToken("tok_declined"),
    async play(stage) {
      await stage.place();
      await stage.settled(asked(stage));
    },
  },
  {
    name: "some of the goods are sold out",
    request: partlySoldOut,
    async play(stage) {
      await stage.place();
      await stage.settled(asked(stage));
    },
  },
  {
    name: "the publisher dies, the sweep takes over",
    killedAt: { file: "shared/use-cases/publish-outbox.ts", text: "bus.send(topic", during: "post-order" },
    async play(stage) {
      await stage.place();
      await stage.settled(confirmed(stage));
    },
  },
  despite("payments take effect, but their answers are lost", "payments", { mode: "answer-lost", count: 3 }),
  despite("payments are down", "payments", { mode: "down", count: 3 }),
  despite("the mail provider says 429", "mail", { mode: "throttled", count: 3 }),
  despite("mails are taken, but the answers are lost", "mail", { mode: "answer-lost", count: 3 }),
  despite("a vendor's endpoint is down", "webhooks", { mode: "down", count: 3 }),
  despite("a vendor takes the notice, but its answer is lost", "webhooks", { mode: "answer-lost", count: 2 }),
  {
    name: "a vendor's endpoint is gone, its notice is parked",
    async play(stage) {
      await stage.make("webhooks", { mode: "down", status: 410 });
      await stage.place();
      const { effects } = confirmed(stage);
      await stage.settled({
        effects: effects.filter((effect) => !effect.includes("order.confirmed.v1")),
        status: "confirmed",
        notices: { delivered: 3, parked: 1 },
        deadLetters: 1,
      });
      await stage.make("webhooks", { mode: "ok" });
    },
  },
  {
    name: "an order is cancelled before a vendor could be told of it",
    async play(stage) {
      await stage.make("webhooks", { mode: "down" });
      await stage.place();
      const without = (effects: readonly string[]): string[] =>
        effects.filter((effect) => !/ order\.(confirmed|cancelled)\.v1 /.test(effect));
      await stage.until(async () => await stage.missing(without(effectsOfConfirmed(stage.order))));
      await stage.cancel();
      await stage.settled({
        effects: without(cancelled(stage).effects),
        status: "refunded",
        notices: { delivered: 6, superseded: 1 },
      });
      await stage.make("webhooks", { mode: "ok" });
    },
  },
  {
    name: "an order is cancelled before it could be paid",
    async play(stage) {
      await stage.make("payments", { mode: "down" });
      await stage.place();
      await stage.until(async () => await stage.missing([receivedMail(stage)]));
      await stage.cancel();
      await stage.make("payments", { mode: "ok" });
      await stage.settledAfterCancellation();
    },
  },
  {
    name: "an order is cancelled while nobody knows whether it was charged",
    async play(stage) {
      await stage.make("payments", { mode: "answer-lost" });
      await stage.place();
      await stage.until(async () => await stage.missing([`${stage.order.id} authorise`]));
      await stage.cancel();
      await stage.make("payments", { mode: "ok" });
      await stage.settledAfterCancellation();
    },
  },
  {
    name: "an order is cancelled while nobody knows whether a vendor was told",
    async play(stage) {
      await stage.make("webhooks", { mode: "answer-lost" });
      await stage.place();
      await stage.until(async () => await stage.missing(effectsOfConfirmed(stage.order)));
      await stage.cancel();
      await stage.make("webhooks", { mode: "ok" });
      await stage.settledAfterCancellation();
    },
  },
  {
    name: "five orders at once",
    async play(stage) {
      const orders = [stage, ...stage.siblings(4)];
      await Promise.all(orders.map((order) => order.place()));
      for (const order of orders) await order.settled(confirmed(order));
    },
  },
  {
    name: "Service Bus is away while the order is placed",
    async play(stage) {
      await stage.takeServiceBusAway();
      try {
        await stage.place();
      } finally {
        await stage.bringServiceBusBack();
      }
      await stage.settled(confirmed(stage));
    },
  },
  {
    name: "a partner keeps the goods, and mails go by SMTP",
    settings: { STOCK_PROVIDER: "partner", MAIL_PROVIDER: "smtp" },
    async play(stage) {
      await stage.place();
      await stage.settled({ ...confirmed(stage), mayRepeat: / to .*@/ });
      await stage.cancel();
      await stage.settled({ ...cancelled(stage), mayRepeat: / to .*@/ });
    },
  },
];
