import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Cloud,
  type Endpoints,
  type PartName,
  type PartSettings,
  startCloud,
} from "#local/cloud/index.ts";
import type { Log } from "#local/part.ts";
import { topology } from "#shared/contracts/topology.ts";
import { buildAppIfChanged } from "./build.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { localSettings } from "./local-settings.ts";
import { type Secrets, secretsIn } from "./seed/secrets.ts";
import { seedStores } from "./seed/seed-stores.ts";
import { sampleOrders } from "./seed/shop.ts";

export const projectRoot = fileURLToPath(new URL("..", import.meta.url));

/**
 * What Node has stripped and compiled once is not compiled again in every process of every start. Parts and workers inherit
 * the name of the folder; Node checks each entry against its source.
 */
const COMPILE_CACHE = join(projectRoot, "node_modules", ".cache", "node-compile");

export interface RunningExpedite {
  readonly cloud: Cloud;
  readonly endpoints: Endpoints;
  readonly secrets: Secrets;
  /** Where scripts and people find everything. */
  readonly endpointsFile: string;
  stop(): Promise<void>;
}

export interface ExpediteOptions {
  readonly home: string;
  readonly portOffset: number;
  readonly only?: readonly PartName[];
  /** Replace single app settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Loads the app again whenever its bundle changes, and logs every invocation. The bundle is the caller's affair. */
  readonly development?: AppSettings["development"];
  readonly log: Log;
}

type AppSettings = NonNullable<PartSettings["app"]>;

/** EXPEDITE_HOME and EXPEDITE_PORT_OFFSET, checked. */
export function placeFromEnvironment(env: NodeJS.ProcessEnv): { home: string; portOffset: number } {
  const portOffset = Number(env["EXPEDITE_PORT_OFFSET"] ?? 0);
  if (!Number.isInteger(portOffset) || portOffset < 0 || portOffset > 50_000) {
    throw new Error("EXPEDITE_PORT_OFFSET must be a whole number from 0 to 50000");
  }
  return { home: resolve(env["EXPEDITE_HOME"] ?? join(projectRoot, ".expedite")), portOffset };
}

/** The embedded cloud with the app in it, seeded: what `npm start` runs and what journeys test. */
export async function startExpedite(options: ExpediteOptions): Promise<RunningExpedite> {
  process.env["NODE_COMPILE_CACHE"] ??= COMPILE_CACHE;
  const lock = lockFolder(options.home);
  try {
    return await startLocked(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(options: ExpediteOptions, lock: FolderLock): Promise<RunningExpedite> {
  const { home } = options;
  const secrets = secretsIn(join(home, "secrets.json"));
  const endpointsFile = join(home, "endpoints.json");
  // A file left by an earlier run would tell a lie until everything is up again.
  rmSync(endpointsFile, { force: true });
  const { development } = options;
  const needsApp = development === undefined && (options.only?.includes("functions") ?? true);
  const built = needsApp ? buildAppIfChanged(projectRoot) : Promise.resolve();
  // Awaited below; a failure before that must not go unhandled.
  built.catch(() => undefined);
  const cloud = await startCloud({
    home,
    portOffset: options.portOffset,
    ...(options.only === undefined ? {} : { only: options.only }),
    topology,
    partnerKeys: secrets.partners,
    webhookSecrets: secrets.webhooks,
    log: options.log,
    app: async (endpoints) => {
      const settings = { ...localSettings(projectRoot, endpoints, secrets), ...options.settings };
      const database = settings["COSMOS_DATABASE"] ?? "expedite";
      await seedStores({ cosmos: endpoints.cosmos, database, partnersUrl: endpoints.partners, secrets });
      await built;
      return { root: projectRoot, settings, ...(development === undefined ? {} : { development }) };
    },
  });
  writeEndpoints(endpointsFile, cloud.endpoints, secrets);
  return {
    cloud,
    endpoints: cloud.endpoints,
    secrets,
    endpointsFile,
    async stop() {
      rmSync(endpointsFile, { force: true });
      await cloud.stop();
      lock.release();
    },
  };
}

function writeEndpoints(file: string, endpoints: Endpoints, secrets: Secrets): void {
  const { storefront, vendor, ops } = secrets.keys;
  const content = { ...endpoints, keys: { storefront, vendor, ops: { ops } }, samples: sampleOrders };
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(content, null, 2), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
