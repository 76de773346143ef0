import { setImmediate } from "node:timers/promises";
import type { FunctionsHost, FunctionsHostOptions } from "./host-options.ts";
import { Workers } from "./pool/workers.ts";

export type { FunctionsHost, FunctionsHostOptions } from "./host-options.ts";

/**
 * Starts the host: loads the app, opens the HTTP port, begins to listen and to run timers. The first worker is on its way with the
 * app before the host's own code is loaded: that is most of what a start takes, and there is more than one processor.
 *
 * @throws HostRefusal when the app cannot be loaded or asks for something this host does not do.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const workers = new Workers(options);
  await setImmediate(); // the worker is told before this process is busy with its own code
  try {
    const { startHost } = await import("./host.ts");
    const host = await startHost(options, workers);
    const stop = async (): Promise<void> => {
      await host.stop();
      workers.close();
    };
    return { ...host, stop };
  } catch (error) {
    workers.close();
    throw error;
  }
}
