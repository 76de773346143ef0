import type { Measured } from "./measured.ts";
import { type CostLine, DAYS_PER_MONTH, type Load } from "./model.ts";
import type { Prices } from "./prices.ts";

interface Basis {
  readonly measured: Measured;
  readonly prices: Prices;
  readonly load: Load;
}

const money = (value: number): string => value.toFixed(value < 1 ? 4 : 2);
const row = (cells: readonly string[]): string =>
  cells.map((cell, column) => (column === 0 ? cell.padEnd(38) : cell.padStart(16))).join("");

/** A table for a terminal: by meter, for a thousand orders and for a month. */
export function costReport(lines: readonly CostLine[], { measured, prices, load }: Basis): string[] {
  const thousands = (load.ordersPerDay * DAYS_PER_MONTH) / 1000;
  const total = lines.reduce((sum, { costPerMonth }) => sum + costPerMonth, 0);
  const { currency } = prices;
  return [
    row(["", "per 1,000 orders", "unit".padStart(4), `${currency} per 1,000`, `${currency} per month`]),
    ...lines.map(({ meter, unit, perMonth, costPerMonth }) =>
      row([
        meter,
        (perMonth / thousands).toFixed(perMonth / thousands < 10 ? 3 : 0),
        unit,
        money(costPerMonth / thousands),
        money(costPerMonth),
      ]),
    ),
    row(["All of it", "", "", money(total / thousands), money(total)]),
    "",
    `${load.ordersPerDay} orders a day. Counts: ${measured.orders} orders on the embedded cloud, ${measured.measuredOn}; request units by its own`,
    `simple model. Prices: ${prices.region}, ${prices.asOf}. ${prices.note}`,
    "Not in it: telemetry, storage transactions, the vault, a gateway, traffic, the order store's gigabytes, and the request units of the nightly reconciler.",
  ];
}
