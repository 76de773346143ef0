import { setTimeout as pause } from "node:timers/promises";
import { type Partner, setMode } from "../../journey/support/partner-books.ts";
import type { Books } from "../support/books.ts";
import type { ProvingCloud } from "../support/proving-cloud.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const partners: readonly Partner[] = ["payments", "stock", "mail", "webhooks"];

export async function setAll(cloud: ProvingCloud, mode: "ok" | "down"): Promise<void> {
  for (const partner of partners) await setMode(cloud.place, partner, { mode });
}

const LOOK_AGAIN_AFTER_MS = 50;
/** Less than a lock lasts: what is being handled keeps it. */
const STEP_MS = 10 * SECOND;
/** What waits for a circuit comes back all the time, so that a slow machine would never be done. */
const STEP_TAKES_AT_MOST_MS = SECOND;

/** Lets time pass in steps, each after what could be done has been done. */
async function pass(
  cloud: ProvingCloud,
  books: Books,
  atMostMs: number,
  isOver: () => Promise<boolean> = () => Promise.resolve(false),
): Promise<number> {
  let passedMs = 0;
  while (passedMs < atMostMs && !(await isOver())) {
    cloud.clock.jump(STEP_MS);
    passedMs += STEP_MS;
    const until = performance.now() + STEP_TAKES_AT_MOST_MS;
    do await pause(LOOK_AGAIN_AFTER_MS);
    while (performance.now() < until && (await books.queues()).active > 0);
  }
  return passedMs;
}

/** Service Bus is back before the partners are, so that they are asked in vain for a while. */
const ALONE_FOR_MS = 2 * MINUTE;

/** Six hours, the last of them with Service Bus. */
export async function sixHours(
  cloud: ProvingCloud,
  books: Books,
  switchConsumersOn: () => Promise<void>,
): Promise<void> {
  const withoutServiceBusMs = 6 * HOUR - ALONE_FOR_MS;
  for (let passedMs = 0; passedMs < withoutServiceBusMs; passedMs += 10 * MINUTE) {
    cloud.clock.jump(10 * MINUTE);
    await pause(100);
  }
  await cloud.startServiceBus();
  await switchConsumersOn();
  await pause(2 * SECOND);
  await pass(cloud, books, ALONE_FOR_MS);
}

/** Until nothing waits any more; answers how long that took, in minutes of the cloud's clock. */
export async function recovery(
  cloud: ProvingCloud,
  books: Books,
  confirmed: () => Promise<boolean>,
): Promise<number> {
  await setAll(cloud, "ok");
  const isOver = async (): Promise<boolean> => (await books.queues()).waiting === 0 && (await confirmed());
  return (await pass(cloud, books, 4 * HOUR, isOver)) / MINUTE;
}
