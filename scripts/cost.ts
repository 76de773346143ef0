import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import hostJson from "../host.json" with { type: "json" };
import { readMeasured } from "./cost/measured.ts";
import { costLines, type Load } from "./cost/model.ts";
import { readPrices } from "./cost/prices.ts";
import { costReport } from "./cost/report.ts";

const USAGE = `npm run cost -- [options]: what Azure asks for a thousand orders, by meter

  --orders-per-day <n>         default 300000
  --status-reads-per-order <n> looks at the status page, default 2
  --partner-ms <n>             how long a call of a partner takes, default 300
  --always-ready <n>           instances that wait for requests, default 1
  --instance-gb <n>            memory of an instance: 0.5, 2 (default) or 4
  --cosmos <mode>              serverless (default) or autoscale
  --peak-to-average <n>        of request units within an hour, for autoscale; default 3
  --prices <file>              default scripts/cost/prices.json
  --measure [--orders <n>]     first count again on the embedded cloud what an order takes (three minutes)
`;

const folder = join(import.meta.dirname, "cost");
const measuredFile = join(folder, "measured.json");
const PORT_OFFSET = 11_000;

function options() {
  const { values } = parseArgs({
    options: {
      "orders-per-day": { type: "string", default: "300000" },
      "status-reads-per-order": { type: "string", default: "2" },
      "partner-ms": { type: "string", default: "300" },
      "always-ready": { type: "string", default: "1" },
      "instance-gb": { type: "string", default: "2" },
      cosmos: { type: "string", default: "serverless" },
      "peak-to-average": { type: "string", default: "3" },
      prices: { type: "string", default: join(folder, "prices.json") },
      measure: { type: "boolean", default: false },
      orders: { type: "string", default: "200" },
      help: { type: "boolean", default: false },
    },
  });
  return values;
}

/** @throws Error naming the option at fault. */
function loadOf(values: ReturnType<typeof options>): Load {
  const { cosmos } = values;
  if (cosmos !== "serverless" && cosmos !== "autoscale")
    throw new Error(`--cosmos is serverless or autoscale, not '${cosmos}'`);
  return {
    ordersPerDay: atLeast(1, "orders-per-day", values["orders-per-day"]),
    statusReadsPerOrder: atLeast(0, "status-reads-per-order", values["status-reads-per-order"]),
    partnerMs: atLeast(0, "partner-ms", values["partner-ms"]),
    alwaysReady: atLeast(0, "always-ready", values["always-ready"]),
    instanceGb: atLeast(0.5, "instance-gb", values["instance-gb"]),
    concurrency: hostJson.extensions.serviceBus.maxConcurrentCalls,
    cosmos,
    peakToAverage: atLeast(1, "peak-to-average", values["peak-to-average"]),
  };
}

function atLeast(least: number, name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isFinite(number) || number < least)
    throw new Error(`--${name} is a number from ${least} on, not '${text}'`);
  return number;
}

async function main(): Promise<void> {
  const values = options();
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const load = loadOf(values);
  const prices = readPrices(values.prices);
  if (values.measure) {
    const { measure } = await import("./cost/measure.ts");
    const portOffset = Number(process.env["EXPEDITE_PORT_OFFSET"] ?? PORT_OFFSET);
    const orders = atLeast(1, "orders", values.orders);
    const measured = await measure({ orders, portOffset, say: (line) => console.log(line) });
    writeFileSync(measuredFile, `${JSON.stringify(measured, null, 2)}\n`);
  }
  const measured = readMeasured(measuredFile);
  for (const line of costReport(costLines(measured, prices, load), { measured, prices, load }))
    console.log(line);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
