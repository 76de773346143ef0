import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { createHandClock, type HandClock } from "#local/clock/hand-clock.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { topology } from "#shared/contracts/topology.ts";

export interface ServiceBusWorld {
  readonly clock: HandClock;
  readonly client: ServiceBusClient;
  stop(): Promise<void>;
}

/** The embedded broker with the app's topology, on a clock driven by hand, and Azure's client. */
export async function openServiceBus(): Promise<ServiceBusWorld> {
  const dataFolder = await mkdtemp(join(tmpdir(), "expedite-bus-"));
  const clock = createHandClock();
  const server = await startServiceBus({
    dataFolder,
    clock,
    durability: "relaxed",
    log: () => undefined,
    amqpPort: 0,
    administrationPort: 0,
    sharedAccessKeys: [{ name: "RootManageSharedAccessKey", key: "for-tests-only", claims: ["Manage"] }],
    topology,
  });
  const client = new ServiceBusClient(server.connectionString);
  return {
    clock,
    client,
    async stop() {
      await client.close();
      await server.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
