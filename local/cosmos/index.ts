import { setImmediate } from "node:timers/promises";
import type { PartOptions, RunningPart } from "../part.ts";
import { Budgets } from "./http/budgets.ts";
import { Faults } from "./http/faults.ts";
import { makeServer } from "./http/server.ts";
import { SignatureCheck } from "./http/signature.ts";
import { ItemWriter } from "./items/item-writer.ts";
import { keepPurging } from "./items/purge.ts";
import { Store } from "./store/store.ts";

export interface CosmosOptions extends PartOptions {
  /** 0 = any free one. */
  readonly port: number;
  /** The account key, base64. */
  readonly key: string;
  /** How far the date of a request may be from the clock; 15 minutes, as with the service. */
  readonly maxClockSkewMs?: number;
}

export interface RunningCosmos extends RunningPart {
  readonly port: number;
  /** `http://127.0.0.1:<port>/` */
  readonly endpoint: string;
  readonly key: string;
}

const MAX_CLOCK_SKEW_MS = 15 * 60 * 1000;
const HOST = "127.0.0.1";
/** Event loop turns that requests get to finish when the endpoint stops. */
const MAX_TURNS = 1000;

/** Starts the Cosmos DB (NoSQL API) endpoint. Fails if the port is taken or the folder cannot be written. */
export async function startCosmos(options: CosmosOptions): Promise<RunningCosmos> {
  const { dataFolder, clock, durability, key, log } = options;
  const store = new Store(dataFolder, durability, clock, log);
  const writer = new ItemWriter(store);
  const signatures = new SignatureCheck(key, clock, options.maxClockSkewMs ?? MAX_CLOCK_SKEW_MS);
  const service = { store, writer, faults: new Faults(clock), budgets: new Budgets(clock) };
  const { server, busy } = makeServer(service, signatures, log);
  let port: number;
  try {
    port = await server.listen(options.port, HOST);
  } catch (error) {
    store.close();
    throw error;
  }
  const purging = keepPurging(store, writer, clock, log);
  log("cosmos.started", { port });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    purging.stop();
    await server.close();
    await store.settleChores();
    // What is under way reads and writes the store; a request held back on purpose is not waited for.
    for (let turn = 0; busy() > 0 && turn < MAX_TURNS; turn++) await setImmediate();
    store.close();
  };
  return {
    port,
    endpoint: `http://${HOST}:${port}/`,
    key,
    stop: () => (stopped ??= stop()),
  };
}
