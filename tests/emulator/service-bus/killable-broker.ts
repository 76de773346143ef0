import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import type { Topology } from "#shared/contracts/topology.ts";

export interface Broker {
  readonly connectionString: string;
  readonly amqpPort: number;
  readonly administrationPort: number;
  kill(): Promise<void>;
}

/** A broker in a process of its own, on free ports; it ends with the test. */
export async function startBroker(dataFolder: string, topology: Topology): Promise<Broker> {
  const script = new URL("broker-process.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dataFolder, JSON.stringify(topology)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  onTestFinished(kill);
  const failed = exited.then(() => {
    throw new Error("the broker ended before it had started");
  });
  const [line]: unknown[] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    failed,
  ]);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the script beside this file
  return { ...(JSON.parse(String(line)) as Omit<Broker, "kill">), kill };
}
