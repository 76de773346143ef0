import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { defaultPorts } from "#local/cloud/index.ts";
import { parseNcrontab } from "#local/functions-host/timer/ncrontab.ts";
import { queueNames, topicNames } from "#shared/contracts/topology.ts";
import { type PlacedOrder, placeOrder, statusOf } from "../demo/storefront.ts";
import { mailsPerOrderAndKind, noticesPerOrderAndVendor, readLedgers } from "../demo/verdict.ts";
import { type RunningExpedite, startExpedite } from "../expedite.ts";
import { settings } from "../infra/kubernetes/shared.ts";
import { type CountingDoor, openCountingDoor } from "./counting-door.ts";
import { asMeasured, type Measured } from "./measured.ts";
import { type CountedSpan, type SpanCounter, startSpanCounter } from "./span-counter.ts";

const AT_A_TIME = 4;
const STANDING_MS = 60_000;
/** Spans are told every five seconds, counts for the watch every ten. */
const ALL_TOLD_MS = 12_000;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** The watch peeks at each queue, at its new dead letters and at the oldest one. */
const PEEKS_PER_LOOK = 3 * queueNames.length;

/** Of timers: the schedules of a deployment, not those of a laptop. */
const schedules: readonly (readonly [setting: string, schedule: string])[] = Object.entries(
  settings.data ?? {},
).filter(([name]) => name.endsWith("_SCHEDULE"));

export interface MeasureOptions {
  readonly orders: number;
  readonly portOffset: number;
  readonly say: (line: string) => void;
}

/** Runs orders through the real app on the embedded cloud, and counts from outside what Azure would count. */
export async function measure({ orders, portOffset, say }: MeasureOptions): Promise<Measured> {
  const home = mkdtempSync(join(tmpdir(), "expedite-cost-"));
  const door = await openCountingDoor(`http://127.0.0.1:${defaultPorts.cosmos + portOffset}/`);
  const spans = await startSpanCounter();
  try {
    const expedite = await startExpedite({
      home,
      portOffset,
      only: ["service-bus", "cosmos", "storage", "partners", "functions"],
      settings: {
        COSMOS_ENDPOINT: door.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: spans.url,
        ...Object.fromEntries(schedules),
      },
      log: () => undefined,
    });
    try {
      return await countAll({ expedite, door, spans, orders, say });
    } finally {
      await expedite.stop();
    }
  } finally {
    await door.close();
    await spans.close();
    rmSync(home, { recursive: true, force: true });
  }
}

interface Counting extends Pick<MeasureOptions, "orders" | "say"> {
  readonly expedite: RunningExpedite;
  readonly door: CountingDoor;
  readonly spans: SpanCounter;
}

async function countAll({ expedite, door, spans, orders, say }: Counting): Promise<Measured> {
  say("Warming up …");
  await placeAll(expedite, 0, AT_A_TIME);
  await pause(ALL_TOLD_MS);
  say(`Nothing to do for ${STANDING_MS / 1000} s …`);
  door.take();
  await pause(STANDING_MS);
  const unitsPerMs = door.take() / STANDING_MS;

  say(`${orders} orders …`);
  spans.take();
  const since = Date.now();
  const placed = await placeAll(expedite, AT_A_TIME, orders);
  await allTold(expedite, placed);
  await pause(ALL_TOLD_MS);
  const units = door.take() - unitsPerMs * (Date.now() - since);
  const seen = spans.take();

  say("A look at each order's status …");
  const readSince = Date.now();
  for (const order of placed) await statusOf(expedite, order);
  const readUnits = door.take() - unitsPerMs * (Date.now() - readSince);
  await pause(ALL_TOLD_MS);
  const reads = spans.take().filter(({ name }) => name === "get-order");
  return asMeasured({
    measuredOn: new Date().toISOString().slice(0, 10),
    orders,
    perOrder: { requestUnits: rounded(units / orders), ...perOrder(seen, orders) },
    perStatusRead: { requestUnits: rounded(readUnits / orders), activeMs: meanMs(reads) },
    standing: standing(unitsPerMs),
  });
}

async function placeAll(expedite: RunningExpedite, from: number, howMany: number): Promise<PlacedOrder[]> {
  const placed: PlacedOrder[] = [];
  let next = from;
  const place = async (): Promise<void> => {
    while (next < from + howMany) placed.push(await placeOrder(expedite, next++));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, place));
  return placed;
}

/** Asks the partners, which costs nothing that is counted. */
async function allTold({ endpoints }: RunningExpedite, orders: readonly PlacedOrder[]): Promise<void> {
  for (;;) {
    const ledgers = await readLedgers(endpoints.partners);
    const times = [...mailsPerOrderAndKind(ledgers, orders), ...noticesPerOrderAndVendor(ledgers, orders)];
    if (times.every((count) => count > 0)) return;
    await pause(1000);
  }
}

const isPartner = (name: string): boolean => /^(payments|mail|webhook)\./.test(name);

/** From spans to what one order takes. */
export function perOrder(
  spans: readonly CountedSpan[],
  orders: number,
): Pick<Measured["perOrder"], "serviceBus" | "mails" | "functions"> {
  const times = (wanted: (name: string) => boolean): number =>
    spans.filter(({ name }) => wanted(name)).length / orders;
  const handled = times((name) => name.startsWith("handle "));
  const toQueues = times((name) => queueNames.some((queue) => name === `send ${queue}`));
  const toTopics = times((name) => topicNames.some((topic) => name === `send ${topic}`));
  const posts = spans.filter(({ name }) => name === "post-order");
  return {
    serviceBus: {
      sent: rounded(toTopics + toQueues),
      // Whatever a function was handed that nobody sent to its queue came there from a topic's subscription.
      forwarded: rounded(handled - toQueues),
      received: rounded(handled),
      completed: rounded(handled),
    },
    mails: rounded(times((name) => name === "mail.send")),
    functions: {
      "post-order": { executions: posts.length / orders, activeMs: meanMs(posts), partnerCalls: 0 },
      ...Object.fromEntries(queueNames.map((queue) => [queue, workOf(spans, queue, orders)])),
    },
  };
}

function workOf(spans: readonly CountedSpan[], queue: string, orders: number) {
  const attempts = spans.filter(({ name }) => name === `handle ${queue}`);
  const ids = new Set(attempts.map(({ id }) => id));
  const calls = spans.filter(({ name, parentId = "" }) => isPartner(name) && ids.has(parentId));
  return {
    executions: rounded(attempts.length / orders),
    activeMs: meanMs(attempts),
    partnerCalls: rounded(calls.length / Math.max(1, attempts.length)),
  };
}

function standing(unitsPerMs: number): Measured["standing"] {
  const executionsPerHour = Object.fromEntries(
    schedules.map(([setting, schedule]) => [setting, timesPerHour(schedule, setting)]),
  );
  return {
    requestUnitsPerHour: rounded(unitsPerMs * HOUR_MS),
    serviceBusOperationsPerHour: PEEKS_PER_LOOK * (executionsPerHour["WATCH_SCHEDULE"] ?? 0),
    executionsPerHour,
  };
}

function timesPerHour(schedule: string, setting: string): number {
  const parsed = parseNcrontab(schedule, setting);
  let times = 0;
  for (let at = parsed.next(-1); at < DAY_HOURS * HOUR_MS; at = parsed.next(at)) times++;
  return rounded(times / DAY_HOURS);
}

const rounded = (value: number): number => Math.round(value * 100) / 100;
const meanMs = (spans: readonly CountedSpan[]): number =>
  rounded(spans.reduce((sum, { ms }) => sum + ms, 0) / Math.max(1, spans.length));
