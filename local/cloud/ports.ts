import { createServer } from "node:net";

/** The ports of the official emulators, so that every official client connects unchanged. */
export const defaultPorts = {
  functions: 7071,
  serviceBus: 5672,
  serviceBusAdministration: 5300,
  cosmos: 8081,
  blobs: 10000,
  storageQueues: 10001,
  tables: 10002,
  partners: 7080,
  smtp: 7025,
} as const;

export type PortName = keyof typeof defaultPorts;
export type Ports = Readonly<Record<PortName, number>>;

/** All ports moved by the same step, so that several clouds fit on one machine. */
export const shiftedPorts = (offset: number): Ports => ({
  functions: defaultPorts.functions + offset,
  serviceBus: defaultPorts.serviceBus + offset,
  serviceBusAdministration: defaultPorts.serviceBusAdministration + offset,
  cosmos: defaultPorts.cosmos + offset,
  blobs: defaultPorts.blobs + offset,
  storageQueues: defaultPorts.storageQueues + offset,
  tables: defaultPorts.tables + offset,
  partners: defaultPorts.partners + offset,
  smtp: defaultPorts.smtp + offset,
});

/** Long enough for the processes of a cloud that was just killed to be gone. */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_AFTER_MS = 100;

/** Throws one clear line when a port stays taken. */
export async function requireFreePorts(wanted: Readonly<Record<string, number>>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  for (const [name, port] of Object.entries(wanted)) {
    while (!(await isFree(port))) {
      if (Date.now() > deadline) {
        throw new Error(
          `Port ${port} (${name}) is taken. Stop what uses it, or move all ports with EXPEDITE_PORT_OFFSET=100.`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_AFTER_MS));
    }
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
