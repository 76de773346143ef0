import { realClock } from "#local/clock/clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";

// A broker in a process of its own: what it is to hold comes as an argument, its addresses go to standard output.
const [dataFolder = "", duplicateDetection = "false"] = process.argv.slice(2);
const queue = (name: string) => ({
  name,
  lockDuration: "PT1M",
  maxDeliveryCount: 10,
  requiresDuplicateDetection: duplicateDetection === "true",
  duplicateDetectionHistoryTimeWindow: "PT10M",
  defaultMessageTimeToLive: "P14D",
  deadLetteringOnMessageExpiration: true,
});
const server = await startServiceBus({
  dataFolder,
  clock: realClock,
  durability: "strict",
  log: (event, facts) => {
    if (event === "service-bus.bug") process.stderr.write(`${event} ${JSON.stringify(facts)}\n`);
  },
  amqpPort: 0,
  administrationPort: 0,
  sharedAccessKeys: [{ name: "bench", key: "bench", claims: ["Manage"] }],
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- queues of the benchmark, not of the shop
  topology: { queues: ["work", "one", "two"].map(queue), topics: topics() } as never,
});
process.stdout.write(`${JSON.stringify({ connectionString: server.connectionString })}\n`);
process.once("SIGTERM", () => void server.stop());

function topics() {
  const subscription = (name: string) => ({
    name,
    forwardTo: name,
    maxDeliveryCount: 10,
    rules: [{ name: "all", correlationFilter: { label: "x" } }],
  });
  return [
    {
      name: "news",
      requiresDuplicateDetection: duplicateDetection === "true",
      duplicateDetectionHistoryTimeWindow: "PT10M",
      defaultMessageTimeToLive: "P14D",
      subscriptions: [subscription("one"), subscription("two")],
    },
  ];
}
