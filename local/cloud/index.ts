import { join } from "node:path";
import type { Topology } from "#shared/contracts/topology.ts";
import type { Log } from "../part.ts";
import type { Durability } from "../sqlite/group-commit.ts";
import { type Endpoints, endpointsOf } from "./endpoints.ts";
import { type PartName, partNames, type PartSettings } from "./parts.ts";
import { defaultPorts, type PortName, requireFreePorts, shiftedPorts } from "./ports.ts";
import { type SupervisedPart, superviseProcess } from "./supervise.ts";

export type { Endpoints } from "./endpoints.ts";
export { type PartName, partNames, type PartSettings } from "./parts.ts";

export interface CloudOptions {
  /** Everything durable is below this folder. */
  readonly home: string;
  readonly portOffset: number;
  /** The parts to start; all unless said otherwise. */
  readonly only?: readonly PartName[];
  readonly durability?: Durability;
  readonly topology: Topology;
  readonly partnerKeys: PartSettings["partnerKeys"];
  readonly webhookSecrets: PartSettings["webhookSecrets"];
  /** The function app; called once the other parts are up, so that it can fill the stores first. */
  readonly app?: (endpoints: Endpoints) => Promise<NonNullable<PartSettings["app"]>>;
  readonly log: Log;
}

export interface Cloud {
  readonly endpoints: Endpoints;
  readonly parts: ReadonlyMap<PartName, SupervisedPart>;
  /** The function app first, so that nothing is under way when the parts it uses end. */
  stop(): Promise<void>;
}

const portsOf: Readonly<Record<PartName, readonly PortName[]>> = {
  "service-bus": ["serviceBus", "serviceBusAdministration"],
  cosmos: ["cosmos"],
  storage: ["blobs", "storageQueues", "tables"],
  partners: ["partners", "smtp"],
  functions: ["functions"],
};

/**
 * Starts the embedded cloud: every part a process of its own, as in Azure, durable below `home`, started again when it
 * dies. When this process dies, the parts end too.
 *
 * @throws Error with one clear line when a port is taken or a part cannot start.
 */
export async function startCloud(options: CloudOptions): Promise<Cloud> {
  const ports = shiftedPorts(options.portOffset);
  const wanted = options.only ?? partNames;
  await requireFreePorts(
    Object.fromEntries(wanted.flatMap((part) => portsOf[part].map((name) => [name, ports[name]]))),
  );
  const endpoints = endpointsOf(ports, options.partnerKeys.mail);
  const parts = new Map<PartName, SupervisedPart>();

  const start = async (name: PartName, app?: PartSettings["app"]): Promise<void> => {
    const settings: PartSettings = {
      dataFolder: join(options.home, name),
      ports,
      durability: options.durability ?? "strict",
      topology: options.topology,
      partnerKeys: options.partnerKeys,
      webhookSecrets: options.webhookSecrets,
      ...(app === undefined ? {} : { app }),
    };
    parts.set(name, await superviseProcess(name, settings, options.log));
  };

  const stop = async (): Promise<void> => {
    await parts.get("functions")?.stop();
    await Promise.all([...parts.values()].map((part) => part.stop()));
  };

  try {
    await allStarted(wanted.filter((name) => name !== "functions").map((name) => start(name)));
    if (wanted.includes("functions") && options.app !== undefined) {
      await start("functions", await options.app(endpoints));
    }
    return { endpoints, parts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Where one part cannot start, the others must be up before they can be stopped. */
async function allStarted(starts: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(starts);
  await Promise.all(starts);
}

export { defaultPorts };
