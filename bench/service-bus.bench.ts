import { ServiceBusClient } from "@azure/service-bus";
import { cpuMsOf } from "./processes.ts";
import { consumeRate, publishRate, startRabbitMq } from "./rabbitmq.ts";
import { type Broker, consume, empty, fill, inFlight, message, startBroker } from "./service-bus-load.ts";

/**
 * The broker with fsync before every acknowledgement, driven by the genuine client in this process. Each line is the
 * median of three runs; on a busy machine the microseconds of processor time per message say more than the rate.
 */
const RUNS = 3;
const MESSAGES = 12_000;

interface Scenario {
  readonly name: string;
  readonly target: number;
  /** Not measured. */
  prepare?(client: ServiceBusClient): Promise<void>;
  run(client: ServiceBusClient): Promise<(() => Promise<void>) | void>;
  after?(client: ServiceBusClient): Promise<void>;
  readonly messages: number;
}

const sending = (name: string, target: number, each: number, width: number, count: number): Scenario => ({
  name,
  target,
  messages: count,
  async run(client) {
    const sender = client.createSender("work");
    const send = each === 1 ? () => message() : () => Array.from({ length: each }, () => message());
    await inFlight(count, each, width, () => sender.sendMessages(send()));
    return () => sender.close();
  },
  after: (client) => empty(client, "work"),
});

const scenarios: readonly Scenario[] = [
  sending("batches of 100, 4 in flight", 60_000, 100, 4, 4 * MESSAGES),
  sending("single sends, 32 in flight", 12_000, 1, 32, MESSAGES),
  {
    name: "receive + complete, 32 calls",
    target: 16_000,
    messages: MESSAGES,
    prepare: (client) => fill(client, "work", MESSAGES),
    run: (client) => consume(client, ["work"], MESSAGES),
  },
  {
    name: "topic to two, deliveries",
    target: 16_000,
    messages: 2 * MESSAGES,
    async run(client) {
      const [stop] = await Promise.all([
        consume(client, ["one", "two"], 2 * MESSAGES),
        fill(client, "news", MESSAGES),
      ]);
      return stop;
    },
  },
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const row = (cells: readonly (string | number)[]): void => {
  console.log(
    cells.map((cell, at) => (at === 0 ? String(cell).padEnd(36) : String(cell).padStart(13))).join(""),
  );
};

async function measure(broker: Broker, client: ServiceBusClient, scenario: Scenario) {
  const results: { rate: number; client: number; broker: number }[] = [];
  for (let run = 0; run < RUNS + 1; run++) {
    await scenario.prepare?.(client);
    const before = { at: performance.now(), own: process.cpuUsage(), broker: cpuMsOf(broker.pid) };
    const stop = await scenario.run(client);
    const ms = performance.now() - before.at;
    const own = process.cpuUsage(before.own);
    const busy = cpuMsOf(broker.pid) - before.broker;
    await stop?.();
    await scenario.after?.(client);
    // The first run warms both sides up.
    if (run === 0) continue;
    results.push({
      rate: (scenario.messages / ms) * 1000,
      client: (own.user + own.system) / scenario.messages,
      broker: (busy * 1000) / scenario.messages,
    });
  }
  const of = (key: "rate" | "client" | "broker"): number => median(results.map((one) => one[key]));
  return { rate: of("rate"), client: of("client"), broker: of("broker") };
}

async function latency(client: ServiceBusClient): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  const sender = client.createSender("work");
  let arrived = Promise.withResolvers<void>();
  const receiver = client.createReceiver("work");
  receiver.subscribe({
    processMessage: async () => arrived.resolve(),
    processError: async () => undefined,
  });
  for (let n = 0; n < 300; n++) {
    arrived = Promise.withResolvers();
    const start = performance.now();
    void sender.sendMessages(message());
    await arrived.promise;
    times.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await receiver.close();
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: sorted[150] ?? 0, p99: sorted[297] ?? 0 };
}

async function main(): Promise<void> {
  const broker = await startBroker(false);
  const client = new ServiceBusClient(broker.connectionString);
  const rates = new Map<string, number>();
  row(["", "messages/s", "target", "client µs", "broker µs", "broker/client"]);
  for (const scenario of scenarios) {
    const { rate, client: own, broker: busy } = await measure(broker, client, scenario);
    rates.set(scenario.name, rate);
    row([
      scenario.name,
      Math.round(rate),
      scenario.target,
      own.toFixed(1),
      busy.toFixed(1),
      (busy / own).toFixed(2),
    ]);
  }
  const { p50, p99 } = await latency(client);
  console.log(`\nsend to receive when idle: p50 ${p50.toFixed(2)} ms (target 2), p99 ${p99.toFixed(2)} ms`);
  await client.close();
  await broker.stop();
  await duplicates();
  await yardstick(rates);
}

/** The same sends with duplicate detection, as a ratio to those without. */
async function duplicates(): Promise<void> {
  console.log("\nwith duplicate detection");
  const broker = await startBroker(true);
  const client = new ServiceBusClient(broker.connectionString);
  for (const scenario of scenarios.slice(0, 2)) {
    const { rate, client: own, broker: busy } = await measure(broker, client, scenario);
    row([scenario.name, Math.round(rate), "", own.toFixed(1), busy.toFixed(1), (busy / own).toFixed(2)]);
  }
  await client.close();
  await broker.stop();
}

/** The same with RabbitMQ: persistent messages with confirms, acknowledged one by one. */
async function yardstick(rates: ReadonlyMap<string, number>): Promise<void> {
  const rabbit = await startRabbitMq();
  if (rabbit === undefined) {
    console.log("\nRabbitMQ is not installed here: no yardstick");
    return;
  }
  console.log("\nRabbitMQ, and ours as a multiple of it");
  const body = Buffer.alloc(256, "x");
  const compare = async (name: string, measured: () => Promise<number>): Promise<void> => {
    const theirs: number[] = [];
    for (let run = 0; run < RUNS; run++) theirs.push(await measured());
    row([name, Math.round(median(theirs)), ((rates.get(name) ?? 0) / median(theirs)).toFixed(2)]);
  };
  // Each run of receiving finds what a run of sending left.
  await compare("single sends, 32 in flight", () => publishRate(rabbit, MESSAGES, 32, body));
  await compare("batches of 100, 4 in flight", () => publishRate(rabbit, MESSAGES, 400, body));
  await compare("receive + complete, 32 calls", () => consumeRate(rabbit, MESSAGES));
  await rabbit.stop();
}

await main();
