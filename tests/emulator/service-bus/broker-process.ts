import { realClock } from "#local/clock/clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import type { Topology } from "#shared/contracts/topology.ts";
import { KEY } from "./keys.ts";

// A broker in a process of its own, so that a test can kill it: data folder and topology come as arguments,
// the ports go to standard output as one line of JSON.
const [dataFolder = "", topology = "{}"] = process.argv.slice(2);
const server = await startServiceBus({
  dataFolder,
  clock: realClock,
  durability: "strict",
  log: () => undefined,
  amqpPort: 0,
  administrationPort: 0,
  sharedAccessKeys: [KEY],
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the test beside this file
  topology: JSON.parse(topology) as Topology,
});
const { connectionString } = server;
process.stdout.write(
  `${JSON.stringify({ connectionString, amqpPort: server.amqpPort, administrationPort: server.administrationPort })}\n`,
);
