import { createServer } from "node:net";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import type { SupervisedPart } from "#local/cloud/supervise.ts";
import { eventually } from "./eventually.ts";
import { signal } from "./processes.ts";

export interface Outage {
  /** Resolves when the part runs again. */
  end(): Promise<void>;
}

const RUNS_AGAIN_WITHIN_MS = 20_000;

/** Kills a part and holds its port, so that the supervisor cannot bring it back until the outage ends. */
export async function outageOf(part: SupervisedPart, port: number): Promise<Outage> {
  const squatter = createServer((socket) => socket.destroy());
  const victim = part.pid();
  if (victim !== undefined) signal(victim, "SIGKILL");
  await eventually(async () => {
    squatter.listen(port, "127.0.0.1");
    await once(squatter, "listening");
  });
  return {
    async end() {
      squatter.close();
      await eventually(() => {
        if (part.pid() === undefined || part.pid() === victim) throw new Error(`${part.name} is still gone`);
      }, RUNS_AGAIN_WITHIN_MS);
      await pause(500);
    },
  };
}
