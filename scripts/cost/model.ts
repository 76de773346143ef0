import type { Measured } from "./measured.ts";
import type { Prices } from "./prices.ts";

/** How much there is to do, and how it is hosted. */
export interface Load {
  readonly ordersPerDay: number;
  /** How often a status page is looked at, per order. */
  readonly statusReadsPerOrder: number;
  /** How long a call of a partner takes. */
  readonly partnerMs: number;
  readonly alwaysReady: number;
  readonly instanceGb: number;
  /** `maxConcurrentCalls` of host.json. */
  readonly concurrency: number;
  readonly cosmos: "serverless" | "autoscale";
  /** Of the busiest second within an hour over its average; only autoscale asks. */
  readonly peakToAverage: number;
}

export interface CostLine {
  readonly meter: string;
  readonly unit: string;
  readonly perMonth: number;
  readonly costPerMonth: number;
}

export const DAYS_PER_MONTH = 365 / 12;
const HOURS_PER_MONTH = DAYS_PER_MONTH * 24;
const SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600;
const LEAST_AUTOSCALE = 100;

/** Every meter, by the month; orders come evenly over the day. */
export function costLines(measured: Measured, prices: Prices, load: Load): CostLine[] {
  const ordersPerMonth = load.ordersPerDay * DAYS_PER_MONTH;
  return [
    ...functionLines(measured, prices, load, ordersPerMonth),
    ...busLines(measured, prices, ordersPerMonth),
    cosmosLine(measured, prices, load, ordersPerMonth),
    line("Mails", "mails", measured.perOrder.mails * ordersPerMonth, { each: prices.mail.perMail }),
  ];
}

function functionLines(measured: Measured, prices: Prices, load: Load, ordersPerMonth: number): CostLine[] {
  const { onDemand, alwaysReady } = prices.functions;
  const http = httpWork(measured, prices, load, ordersPerMonth);
  const rest = backgroundWork(measured, prices, load, ordersPerMonth);
  const isReady = load.alwaysReady > 0;
  const executions = rest.executions + (isReady ? 0 : http.executions);
  const gbSeconds = (rest.seconds + (isReady ? 0 : http.seconds)) * load.instanceGb;
  const lines = [
    line("Functions: executions", "executions", executions, {
      free: onDemand.freeExecutions,
      each: onDemand.perMillionExecutions / 1e6,
    }),
    line("Functions: work", "GB-s", gbSeconds, { free: onDemand.freeGbSeconds, each: onDemand.perGbSecond }),
  ];
  if (!isReady) return lines;
  const baseline = load.alwaysReady * load.instanceGb * SECONDS_PER_MONTH;
  return [
    ...lines,
    line("Functions: executions, always ready", "executions", http.executions, {
      each: alwaysReady.perMillionExecutions / 1e6,
    }),
    line("Functions: work, always ready", "GB-s", http.seconds * load.instanceGb, {
      each: alwaysReady.perGbSecond,
    }),
    line("Functions: being ready", "GB-s", baseline, { each: alwaysReady.baselinePerGbSecond }),
  ];
}

interface Work {
  readonly executions: number;
  /** In which instances are paid for. */
  readonly seconds: number;
}

/** Requests: all HTTP functions share their instances. */
function httpWork(
  { perOrder, perStatusRead }: Measured,
  { functions }: Prices,
  { statusReadsPerOrder: reads, concurrency }: Load,
  ordersPerMonth: number,
): Work {
  const executions = (1 + reads) * ordersPerMonth;
  const post = perOrder.functions["post-order"]?.activeMs ?? 0;
  const seconds = (post + reads * perStatusRead.activeMs) / (1 + reads) / 1000;
  const shortest = functions.shortestActivePeriodMs / 1000;
  return { executions, seconds: activeSeconds(executions, seconds, shortest, concurrency) };
}

/** Queues and timers: instances of their own for each function. A timer's run is shorter than the shortest period. */
function backgroundWork(
  { perOrder, standing }: Measured,
  { functions }: Prices,
  { partnerMs, concurrency }: Load,
  ordersPerMonth: number,
): Work {
  const shortest = functions.shortestActivePeriodMs / 1000;
  const timers = sumOf(Object.values(standing.executionsPerHour)) * HOURS_PER_MONTH;
  const consumers = Object.entries(perOrder.functions)
    .filter(([name]) => name !== "post-order")
    .map(([, work]): Work => {
      const executions = work.executions * ordersPerMonth;
      const seconds = (work.activeMs + work.partnerCalls * partnerMs) / 1000;
      return { executions, seconds: activeSeconds(executions, seconds, shortest, concurrency) };
    });
  return {
    executions: timers + sumOf(consumers.map(({ executions }) => executions)),
    seconds: timers * shortest + sumOf(consumers.map(({ seconds }) => seconds)),
  };
}

/**
 * Seconds in a month in which an instance is paid for. Executions come independently of each other and share an
 * instance, so one instance is busy for the share of time in which at least one of them runs (M/G/∞: 1 − e^−load), each
 * for the shortest period at least; beyond what one instance bears, work is full instances.
 */
export function activeSeconds(
  perMonth: number,
  seconds: number,
  shortestSeconds: number,
  concurrency: number,
): number {
  const load = (perMonth * Math.max(seconds, shortestSeconds)) / SECONDS_PER_MONTH;
  const instances = (perMonth * seconds) / SECONDS_PER_MONTH / concurrency;
  return SECONDS_PER_MONTH * Math.max(-Math.expm1(-load), instances);
}

/** An operation each: to send, to forward, to receive, to complete. Messages of ours are far below 64 KB. */
function busLines({ perOrder, standing }: Measured, prices: Prices, ordersPerMonth: number): CostLine[] {
  const { sent, forwarded, received, completed } = perOrder.serviceBus;
  const operations =
    (sent + forwarded + received + completed) * ordersPerMonth +
    standing.serviceBusOperationsPerHour * HOURS_PER_MONTH;
  return [
    {
      meter: "Service Bus: operations",
      unit: "operations",
      perMonth: operations,
      costPerMonth: tiered(operations, prices.serviceBus.operationTiers),
    },
    line("Service Bus: namespace", "namespaces", 1, { each: prices.serviceBus.basePerMonth }),
  ];
}

/** Each unit costs what its tier says. */
export function tiered(units: number, tiers: Prices["serviceBus"]["operationTiers"]): number {
  let cost = 0;
  let from = 0;
  for (const { upTo, perMillion } of tiers) {
    const to = upTo ?? Number.POSITIVE_INFINITY;
    cost += (Math.max(0, Math.min(units, to) - from) / 1e6) * perMillion;
    from = to;
  }
  return cost;
}

function cosmosLine(
  { perOrder, perStatusRead, standing }: Measured,
  { cosmos }: Prices,
  load: Load,
  ordersPerMonth: number,
): CostLine {
  const perOrderAndReads = perOrder.requestUnits + load.statusReadsPerOrder * perStatusRead.requestUnits;
  const units = perOrderAndReads * ordersPerMonth + standing.requestUnitsPerHour * HOURS_PER_MONTH;
  if (load.cosmos === "serverless") {
    return line("Cosmos DB: request units", "RU", units, { each: cosmos.perMillionRequestUnits / 1e6 });
  }
  const perSecond = (units / SECONDS_PER_MONTH) * load.peakToAverage;
  const hundreds = Math.max(LEAST_AUTOSCALE, Math.ceil(perSecond / 100) * 100) / 100;
  return line("Cosmos DB: autoscale", "100 RU/s × h", hundreds * HOURS_PER_MONTH, {
    each: cosmos.autoscalePer100RequestUnitsPerHour,
  });
}

function line(
  meter: string,
  unit: string,
  perMonth: number,
  { free = 0, each }: { readonly free?: number; readonly each: number },
): CostLine {
  return { meter, unit, perMonth, costPerMonth: Math.max(0, perMonth - free) * each };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
