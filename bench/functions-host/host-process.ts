/** A Functions host as a process of its own: options as JSON on the command line, one JSON line when it is up. */
import { flushCompileCache } from "node:module";
import { realClock } from "#local/clock/clock.ts";
import { type FunctionsHostOptions, startFunctionsHost } from "#local/functions-host/index.ts";

const options: Pick<FunctionsHostOptions, "appRoot" | "dataFolder" | "settings" | "scale"> = JSON.parse(
  process.argv[2] ?? "",
);
const host = await startFunctionsHost({
  ...options,
  clock: realClock,
  durability: "relaxed",
  log: () => undefined,
  port: 0,
});
console.log(JSON.stringify({ port: host.port, workers: host.workers(), masterKey: host.masterKey }));
// The measurement ends it by a signal, which leaves Node no moment to keep what it compiled.
flushCompileCache();
