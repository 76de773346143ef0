import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Measured, readMeasured } from "../../../scripts/cost/measured.ts";
import { activeSeconds, costLines, type Load, tiered } from "../../../scripts/cost/model.ts";
import { readPrices } from "../../../scripts/cost/prices.ts";
import { costReport } from "../../../scripts/cost/report.ts";

const MONTH_SECONDS = (365 / 12) * 86_400;

const prices = readPrices("scripts/cost/prices.json");
const measured: Measured = {
  measuredOn: "2026-11-21",
  orders: 10,
  perOrder: {
    requestUnits: 100,
    serviceBus: { sent: 5, forwarded: 4, received: 6, completed: 6 },
    mails: 3,
    functions: {
      "post-order": { executions: 1, activeMs: 20, partnerCalls: 0 },
      stock: { executions: 1, activeMs: 50, partnerCalls: 2 },
    },
  },
  perStatusRead: { requestUnits: 5, activeMs: 5 },
  standing: {
    requestUnitsPerHour: 1000,
    serviceBusOperationsPerHour: 600,
    executionsPerHour: { SWEEP_SCHEDULE: 120 },
  },
};
const load: Load = {
  ordersPerDay: 12_000,
  statusReadsPerOrder: 2,
  partnerMs: 300,
  alwaysReady: 1,
  instanceGb: 2,
  concurrency: 16,
  cosmos: "serverless",
  peakToAverage: 3,
};
const ORDERS_PER_MONTH = 12_000 * (365 / 12); // 365,000

const lineOf = (meter: string, changes: Partial<Load> = {}) =>
  costLines(measured, prices, { ...load, ...changes }).find((line) => line.meter === meter);
const totalOf = (changes: Partial<Load> = {}): number =>
  costLines(measured, prices, { ...load, ...changes }).reduce((sum, line) => sum + line.costPerMonth, 0);

describe("the bill of a month, by hand", () => {
  test("Service Bus: 21 operations an order and those of the watch, the first thirteen million free", () => {
    const operations = 21 * ORDERS_PER_MONTH + 600 * 730;
    expect(lineOf("Service Bus: operations")).toEqual({
      meter: "Service Bus: operations",
      unit: "operations",
      perMonth: operations,
      costPerMonth: 0,
    });
    const more = 21 * ORDERS_PER_MONTH * 10 + 600 * 730;
    expect(lineOf("Service Bus: operations", { ordersPerDay: 120_000 })?.costPerMonth).toBeCloseTo(
      ((more - 13e6) / 1e6) * 0.8,
    );
  });

  test("Cosmos DB: what the order takes, its status reads and what timers look at", () => {
    const units = (100 + 2 * 5) * ORDERS_PER_MONTH + 1000 * 730;
    const line = lineOf("Cosmos DB: request units");
    expect(line?.perMonth).toBeCloseTo(units);
    expect(line?.costPerMonth).toBeCloseTo((units / 1e6) * 0.25);
  });

  test("autoscale is paid by the hour for the busiest second, in hundreds", () => {
    const perSecond = ((110 * ORDERS_PER_MONTH + 1000 * 730) / MONTH_SECONDS) * 10;
    const line = lineOf("Cosmos DB: autoscale", { cosmos: "autoscale", peakToAverage: 10 });
    expect(line?.perMonth).toBeCloseTo(Math.ceil(perSecond / 100) * 730);
  });

  test("executions on demand: queues and timers; requests are those of the instances that are ready", () => {
    expect(lineOf("Functions: executions")?.perMonth).toBeCloseTo(ORDERS_PER_MONTH + 120 * 730);
    expect(lineOf("Functions: executions, always ready")?.perMonth).toBeCloseTo(3 * ORDERS_PER_MONTH);
    expect(lineOf("Functions: being ready")?.perMonth).toBeCloseTo(2 * MONTH_SECONDS);
    expect(lineOf("Functions: executions", { alwaysReady: 0 })?.perMonth).toBeCloseTo(
      4 * ORDERS_PER_MONTH + 120 * 730,
    );
    expect(lineOf("Functions: being ready", { alwaysReady: 0 })).toBeUndefined();
  });

  test("what is within the free grant costs nothing", () => {
    expect(lineOf("Functions: executions", { ordersPerDay: 1 })?.costPerMonth).toBe(0);
    expect(lineOf("Functions: executions", { ordersPerDay: 30_000 })?.costPerMonth).toBeCloseTo(
      ((30_000 * (365 / 12) + 120 * 730 - 250_000) / 1e6) * 0.4,
    );
  });

  test("mails by the piece", () => {
    expect(lineOf("Mails")?.costPerMonth).toBeCloseTo(3 * ORDERS_PER_MONTH * 0.00025);
  });
});

test("tiers: each unit costs what its own tier says", () => {
  const tiers = [
    { upTo: 10e6, perMillion: 0 },
    { upTo: 20e6, perMillion: 2 },
    { upTo: null, perMillion: 1 },
  ];
  expect([5e6, 10e6, 15e6, 20e6, 25e6].map((units) => tiered(units, tiers))).toEqual([0, 0, 10, 20, 25]);
});

describe("seconds that instances are paid for", () => {
  test("a rare execution is paid for the shortest period, not for less", () => {
    expect(activeSeconds(100, 0.05, 1, 16)).toBeCloseTo(100, 1);
  });

  test("beyond what one instance bears, work is full instances", () => {
    const perMonth = MONTH_SECONDS * 32;
    expect(activeSeconds(perMonth, 2, 1, 16)).toBeCloseTo(4 * MONTH_SECONDS);
  });

  test("never more than every execution alone on an instance of its own, and never less than shared perfectly", () => {
    const many = fc.integer({ min: 0, max: 1e9 });
    const seconds = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(many, seconds, (perMonth, each) => {
        const paid = activeSeconds(perMonth, each, 1, 16);
        expect(paid).toBeLessThanOrEqual(perMonth * Math.max(1, each) * (1 + 1e-9));
        expect(paid).toBeGreaterThanOrEqual(((perMonth * each) / 16) * (1 - 1e-9));
      }),
    );
  });
});

test("more orders never cost less", () => {
  const perDay = fc.integer({ min: 1, max: 10_000_000 });
  fc.assert(
    fc.property(perDay, perDay, (one, other) => {
      const [few, many] = [Math.min(one, other), Math.max(one, other)];
      expect(totalOf({ ordersPerDay: many })).toBeGreaterThanOrEqual(totalOf({ ordersPerDay: few }) - 1e-6);
    }),
  );
});

test("the counts that are checked in are of a run in which every order went the usual way", () => {
  const { perOrder, standing } = readMeasured("scripts/cost/measured.json");
  const { sent, forwarded, received, completed } = perOrder.serviceBus;
  // Placed to stock, customer and vendors; confirmed to the customer; one delivery per vendor.
  expect(forwarded).toBe(4);
  expect(received).toBe(completed);
  expect(sent).toBeLessThan(received);
  expect(perOrder.functions["stock"]).toMatchObject({ executions: 1, partnerCalls: 2 });
  expect(standing.requestUnitsPerHour).toBeGreaterThan(0);
});

test("the report sums up, for a thousand orders and for the month", () => {
  const text = costReport(costLines(measured, prices, load), { measured, prices, load }).join("\n");
  expect(text).toContain(totalOf().toFixed(2));
  expect(text).toMatch(/All of it .* \d+\.\d+ +\d+\.\d\d/);
  expect(text).toContain(`Prices: East US, ${prices.asOf}`);
});

test("the table in docs/operations.md is that of the counts and prices that are checked in", () => {
  const counted = readMeasured("scripts/cost/measured.json");
  const many = { ...load, ordersPerDay: 300_000 };
  const rows = costLines(counted, prices, many).map(
    ({ meter, costPerMonth }) => `${meter} … ${Math.round(costPerMonth).toLocaleString("en-US")}`,
  );
  const table = readFileSync("docs/operations.md", "utf8").matchAll(/^\| ([A-Z][^|]+) \|.*\| ([\d,]+) \|$/gm);
  expect([...table].map(([, meter, month]) => `${meter} … ${month}`)).toEqual(rows);
});
