import { ServiceBusClient } from "@azure/service-bus";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuMsOf } from "../processes.ts";
import { end, folder, row, startHost } from "./processes.ts";

const MESSAGES = 40_000;
/** Handled before the clock starts: a new worker is slow until V8 has compiled what is hot. */
const WARM_UP_MESSAGES = 10_000;

/** A queue function that does nothing, through the embedded broker and one worker. */
export async function messages(appRoot: string): Promise<void> {
  const broker = await startBroker();
  const client = new ServiceBusClient(broker.connectionString);
  const sender = client.createSender("bench");
  for (let sent = 0; sent < MESSAGES; sent += 1000) {
    await sender.sendMessages(
      Array.from({ length: 1000 }, (_, index) => ({ messageId: `m${sent + index}`, body: { id: index } })),
    );
  }
  await client.close();
  const host = await startHost(appRoot, { settings: { BUS: broker.connectionString, QUEUE: "bench" } });
  const pids = [host.pid, ...host.workers];
  let first = await broker.waiting();
  for (; first > MESSAGES - WARM_UP_MESSAGES; first = await broker.waiting()) await sleep(20);
  const startedAt = performance.now();
  const before = pids.map(cpuMsOf);
  while ((await broker.waiting()) > 0) await sleep(20);
  const seconds = (performance.now() - startedAt) / 1000;
  const micros = pids.map((pid, index) =>
    (((cpuMsOf(pid) - (before[index] ?? 0)) / first) * 1000).toFixed(0),
  );
  row(["Service Bus trigger, no-op, one worker", (first / seconds).toFixed(0), "", "", micros.join(" + ")]);
  await end(host);
  await broker.stop();
}

async function startBroker() {
  const { startServiceBus } = await import("#local/service-bus/index.ts");
  const { realClock } = await import("#local/clock/clock.ts");
  const bus = await startServiceBus({
    dataFolder: join(folder, "bus"),
    clock: realClock,
    durability: "strict",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "Root", key: "not-a-secret", claims: ["Manage", "Send", "Listen"] }],
    topology: { queues: [], topics: [] },
    entities: [{ kind: "queue", path: "bench", description: {} }],
  });
  const { ServiceBusBacklog } = await import("#local/functions-host/scale/backlog.ts");
  const backlog = new ServiceBusBacklog(() => undefined, bus.administrationPort);
  const target = { connectionString: bus.connectionString, name: "bench", entity: { queue: "bench" } };
  return {
    connectionString: bus.connectionString,
    waiting: async () => (await backlog.active(target)) ?? Number.NaN,
    stop: () => bus.stop(),
  };
}
