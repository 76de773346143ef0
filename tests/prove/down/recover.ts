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

const LOOK_AGAIN_AFTER_MS = 20;
/** Less than a lock lasts: what is being handled keeps it. */
const STEP_MS = 10 * SECOND;

/** Lets time pass in steps, each after everything that could be done has been done. */
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
    do await pause(LOOK_AGAIN_AFTER_MS);
    while ((await books.queues()).active > 0);
  }
  return passedMs;
}

/** Six hours: Service Bus is back ten minutes before the partners are, so that they are asked in vain for a while. */
export async function sixHours(cloud: ProvingCloud, books: Books): Promise<void> {
  const withoutServiceBusMs = 6 * HOUR - 10 * MINUTE;
  for (let passedMs = 0; passedMs < withoutServiceBusMs; passedMs += 10 * MINUTE) {
    cloud.clock.jump(10 * MINUTE);
    await pause(100);
  }
  await cloud.startServiceBus();
  await pause(2 * SECOND);
  await pass(cloud, books, 10 * MINUTE);
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
