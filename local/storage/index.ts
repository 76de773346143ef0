import { createRequire } from "node:module";
import { connect } from "node:net";
import type { RunningPart } from "../part.ts";

export interface StoragePorts {
  readonly blobs: number;
  readonly storageQueues: number;
  readonly tables: number;
}

const STARTS_WITHIN_MS = 20_000;
const LOOK_AGAIN_AFTER_MS = 50;

/**
 * Azure Storage is Azurite itself. It has no interface for embedding: it reads the command line and runs until its
 * process ends, so it must be given a process of its own.
 */
export async function startStorage(dataFolder: string, ports: StoragePorts): Promise<RunningPart> {
  const flags = {
    location: dataFolder,
    blobPort: ports.blobs,
    queuePort: ports.storageQueues,
    tablePort: ports.tables,
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  process.argv = [
    ...process.argv.slice(0, 2),
    ...words,
    "--silent",
    "--disableTelemetry",
    "--skipApiVersionCheck",
  ];
  createRequire(import.meta.url)("azurite/dist/src/azurite.js");
  const deadline = Date.now() + STARTS_WITHIN_MS;
  for (const port of [ports.blobs, ports.storageQueues, ports.tables]) {
    while (!(await answers(port))) {
      if (Date.now() > deadline) throw new Error(`Azurite did not open port ${port}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_AFTER_MS));
    }
  }
  return { stop: () => Promise.resolve() };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
