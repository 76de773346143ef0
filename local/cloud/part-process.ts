/**
 * The process of one part. Its parent forks it with the part's name and sends the settings over the channel, because
 * everybody on the machine can read a command line; it answers `ready` with what the part tells of itself, logs over the
 * same channel, and ends when the parent does, however that dies.
 */
import { once } from "node:events";
import { flushCompileCache } from "node:module";
import { type PartName, type PartSettings, partStarters, type StartedPart } from "./parts.ts";

const [name = ""] = process.argv.slice(2);
if (process.send === undefined) throw new Error("part-process.ts is started by the cloud, not by hand");
const tell = process.send.bind(process);

process.once("disconnect", () => process.exit(0));

const part = await startPart();

process.once("SIGTERM", () => {
  void part.stop().finally(() => process.exit(0));
});
// The parent may have died while this process was still loading, before anybody listened.
if (!process.connected) process.exit(0);
tell({ ready: part.facts });
// Now, because parts are there to be killed as well, which leaves Node no moment to keep what it compiled.
flushCompileCache();

function log(event: string, facts: Readonly<Record<string, unknown>> = {}): void {
  if (process.connected) tell({ log: { event, facts } });
}

async function startPart(): Promise<StartedPart> {
  try {
    const [settings]: PartSettings[] = await once(process, "message");
    if (settings === undefined) throw new Error("the parent sent no settings");
    return await partStarters[toPartName(name)](settings, log);
  } catch (error) {
    tell({ failed: error instanceof Error ? error.message : String(error) });
    return process.exit(1);
  }
}

function toPartName(text: string): PartName {
  const known = Object.keys(partStarters).find((candidate) => candidate === text);
  if (known === undefined) throw new Error(`There is no part ${text}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was found among the keys
  return known as PartName;
}
