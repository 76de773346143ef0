import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import {
  type FunctionsHost,
  type FunctionsHostOptions,
  startFunctionsHost,
} from "#local/functions-host/index.ts";

export interface LogLine {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export type HostUnderTest = FunctionsHost & {
  readonly lines: readonly LogLine[];
  readonly dataFolder: string;
};

export const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

export async function useFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "functions-host-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a host on a free port and stops it with the test. */
export async function useHost(
  options: Partial<FunctionsHostOptions> & { readonly appRoot: string },
): Promise<HostUnderTest> {
  const lines: LogLine[] = [];
  const dataFolder = options.dataFolder ?? (await useFolder());
  const host = await startFunctionsHost({
    clock: realClock,
    durability: "relaxed",
    log: (event, facts = {}) => lines.push({ event, facts }),
    port: 0,
    settings: {},
    drainMs: 2000,
    ...options,
    dataFolder,
  });
  onTestFinished(() => host.stop());
  return { ...host, lines, dataFolder };
}

/** For whoever has to know it before the host is up. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Waits, in real time, until `look` finds something. */
export async function eventually<T>(
  look: () => T | undefined | Promise<T | undefined>,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error("it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
