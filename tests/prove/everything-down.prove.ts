/**
 * Payments, stock, mail, vendors and Service Bus are down, and orders come: each is taken at once, as fast as when all is well.
 * Rounds of both kinds take turns, with the queues' consumers switched off in both, because in Azure they run elsewhere. Six
 * hours later by the cloud's clock all is back, and every order goes through.
 */
import { setTimeout as pause } from "node:timers/promises";
import { queueNames } from "#shared/contracts/topology.ts";
import { buildAppIfChanged } from "../../scripts/build.ts";
import { projectRoot } from "../../scripts/expedite.ts";
import { counted, ledger } from "../journey/support/partner-books.ts";
import { recovery, setAll, sixHours } from "./down/recover.ts";
import { BRAND, median, percentile, type Round, sell } from "./down/sell.ts";
import { Books } from "./support/books.ts";
import { ProvingCloud } from "./support/proving-cloud.ts";
import { concludes } from "./support/verdict.ts";

const ROUNDS = Number(process.argv[2] ?? 10);
const ORDERS_PER_ROUND = Number(process.argv[3] ?? 100);
const WARM_UP = 5;
/** How much slower the slowest hundredth may be. */
const MOST_SLOWER = 1.1;

const consumersOff = Object.fromEntries(queueNames.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"]));
const waits = { RETRY_BASE_MS: "10000", RETRY_CAP_MS: "900000", STOCK_PROVIDER: "partner" };

async function takeTurns(cloud: ProvingCloud): Promise<{ well: Round[]; down: Round[] }> {
  const well: Round[] = [];
  const down: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await sell(cloud.place, WARM_UP);
    well.push(await sell(cloud.place, ORDERS_PER_ROUND));
    await cloud.stopServiceBus();
    await setAll(cloud, "down");
    await sell(cloud.place, WARM_UP);
    down.push(await sell(cloud.place, ORDERS_PER_ROUND));
    if (round === ROUNDS - 1) break;
    await setAll(cloud, "ok");
    await cloud.startServiceBus();
    await pause(1_000);
  }
  return { well, down };
}

const accepted = (rounds: readonly Round[]): number => rounds.reduce((sum, round) => sum + round.accepted, 0);
const p99 = (rounds: readonly Round[]): number =>
  percentile(
    rounds.flatMap(({ latenciesMs }) => latenciesMs),
    0.99,
  );
const hundredths = (value: number): number => Math.round(value * 100) / 100;

const startedAt = performance.now();
await buildAppIfChanged(projectRoot);
const cloud = await ProvingCloud.open({ appRoot: projectRoot, settings: { ...waits, ...consumersOff } });
const books = new Books(cloud.place);
try {
  const { well, down } = await takeTurns(cloud);
  const placed = ROUNDS * (ORDERS_PER_ROUND + WARM_UP) * 2;
  const consumersOn = Object.fromEntries(Object.keys(consumersOff).map((name) => [name, "false"]));
  await sixHours(cloud, books, async () => {
    await cloud.stopApp();
    await cloud.startApp(consumersOn);
  });
  const confirmedCount = async (): Promise<number> => (await books.statuses(BRAND))["confirmed"] ?? 0;
  const minutes = await recovery(cloud, books, async () => (await confirmedCount()) === placed);

  const mails = (await ledger(cloud.place, "mail")).filter(counted);
  const payments = (await ledger(cloud.place, "payments")).filter(counted);
  const confirmations = mails.filter(({ kind }) => kind === "order-confirmed");
  const { cancelled = 0, refunded = 0 } = await books.statuses(BRAND);
  concludes("everything down", startedAt, [
    ["orders while all was well, with 202", accepted(well), ROUNDS * ORDERS_PER_ROUND],
    ["orders while everything was down, with 202", accepted(down), ROUNDS * ORDERS_PER_ROUND],
    ["p50 in ms, all well", hundredths(median(well.flatMap(({ latenciesMs }) => latenciesMs))), undefined],
    [
      "p50 in ms, everything down",
      hundredths(median(down.flatMap(({ latenciesMs }) => latenciesMs))),
      undefined,
    ],
    ["p99 in ms, all well", hundredths(p99(well)), undefined],
    ["p99 in ms, everything down", hundredths(p99(down)), undefined],
    ["p99 down / p99 well", hundredths(p99(down) / p99(well)), (ratio) => ratio <= MOST_SLOWER],
    ["orders in all, warm-up included", placed, undefined],
    ["confirmed after six hours and the recovery", await confirmedCount(), placed],
    ["orders with a confirmation mail", new Set(confirmations.map(({ orderId }) => orderId)).size, placed],
    ["confirmation mails", confirmations.length, placed],
    ["orders charged", payments.filter(({ kind }) => kind === "capture").length, placed],
    ["cancelled or refunded", cancelled + refunded, 0],
    ["dead letters", (await books.queues()).deadLetters, 0],
    ["minutes by the cloud's clock until all was done", Math.round(minutes), undefined],
  ]);
} finally {
  books.close();
  await cloud.close();
}
process.exit();
