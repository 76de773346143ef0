import { effectsOfConfirmed, vendorsOf } from "../../journey/support/partner-books.ts";
import { cancelled, confirmed, fulfilled, receivedMail } from "./promised.ts";
import { questionScenarios } from "./question-scenarios.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { timerScenarios } from "./timer-scenarios.ts";

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

const MINUTE = 60_000;

/** Nobody can be asked what became of a mail by SMTP. */
const SMTP_REPEATS = / to .*@/;
const VENDOR_MAIL = ["vendor-new-order"];

export const scenarios: readonly Scenario[] = [
  ...timerScenarios,
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
    name: "a new version is deployed while orders come",
    async play(stage) {
      const orders = [stage, ...stage.siblings(2)];
      await Promise.all(orders.map((order) => order.place()));
      await stage.restartApp();
      for (const order of orders) await order.settled(confirmed(order));
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
  {
    name: "the mail provider is away until its circuit opens, and what was held follows",
    setsOff: ["watch-backlog"],
    async play(stage) {
      const orders = [stage, ...stage.siblings(5)];
      await stage.make("mail", { mode: "down", only: orders.map(({ order }) => order.id) });
      await Promise.all(orders.map((order) => order.place()));
      await stage.until(async () => await stage.noneOpen());
      // It has something to say: first of the circuit, later of what is held for long.
      await stage.runTimer("watch-backlog");
      await stage.make("mail", { mode: "ok" });
      for (const order of orders) await order.settled(confirmed(order));
      for (let look = 0; look < 2; look++) {
        stage.letPass(MINUTE);
        await stage.runTimer("release-held");
      }
    },
  },
  despite("a vendor's mail is refused for now", "mail", { mode: "down", count: 2, only: VENDOR_MAIL }),
  despite("a vendor's mail meets a 429", "mail", { mode: "throttled", count: 2, only: VENDOR_MAIL }),
  despite("a vendor's mail is taken, but the answer is lost", "mail", {
    mode: "answer-lost",
    count: 2,
    only: VENDOR_MAIL,
  }),
  despite("the mail provider says 429", "mail", { mode: "throttled", count: 3 }),
  despite("mails are taken, but the answers are lost", "mail", { mode: "answer-lost", count: 3 }),
  despite("a vendor's endpoint is down", "webhooks", { mode: "down", count: 3 }),
  despite("a vendor takes the notice, but its answer is lost", "webhooks", { mode: "answer-lost", count: 2 }),
  {
    name: "a vendor's endpoint is gone and gets no more notices",
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
      await stage.enableEndpoints();
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
      await stage.settledAfterCancellation();
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
    name: "payments refuse for good, and the order waits for an operator",
    async play(stage) {
      await stage.make("payments", { mode: "down", status: 422 });
      await stage.place();
      const effects = [receivedMail(stage)];
      await stage.settled({ effects, status: "accepted", notices: { delivered: 1 }, deadLetters: 1 });
      await stage.make("payments", { mode: "ok" });
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
    name: "the mail provider takes one mail a second",
    settings: { MAIL_RATE_PER_SECOND: "1" },
    async play(stage) {
      const orders = [stage, ...stage.siblings(2)];
      await Promise.all(orders.map((order) => order.place()));
      for (const order of orders) await order.settled(confirmed(order));
    },
  },
  {
    name: "one partner keeps the goods and takes the money",
    settings: { STOCK_PROVIDER: "commerce" },
    async play(stage) {
      await stage.make("commerce", { mode: "answer-lost", count: 3 });
      await stage.place();
      await stage.settled(confirmed(stage));
      await stage.make("commerce", { mode: "ok" });
      await cancelOneAndHandOverAnother(stage);
    },
  },
  {
    name: "a partner keeps the goods, and mails go by SMTP",
    settings: { STOCK_PROVIDER: "partner", MAIL_PROVIDER: "smtp" },
    // Each may leave a mail of which nobody can say whether it went out; after two more sends it is parked.
    mostDeaths: 2,
    async play(stage) {
      await stage.place();
      await stage.settled({ ...confirmed(stage), mayRepeat: SMTP_REPEATS });
      await cancelOneAndHandOverAnother(stage, SMTP_REPEATS);
    },
  },
  ...questionScenarios,
];

/** The order itself is cancelled, another one is handed over and sold. */
async function cancelOneAndHandOverAnother(stage: Stage, mayRepeat?: RegExp): Promise<void> {
  const excused = mayRepeat === undefined ? {} : { mayRepeat };
  await stage.cancel();
  await stage.settled({ ...cancelled(stage), ...excused });
  const [other] = stage.siblings(1);
  if (other === undefined) return;
  await other.place();
  await other.settled({ ...confirmed(other), ...excused });
  for (const vendor of vendorsOf(other.order)) await other.handOver(vendor);
  await other.settled({ ...fulfilled(other, confirmed(other)), ...excused });
  stage.repeated += other.repeated;
}
