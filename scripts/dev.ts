import { join } from "node:path";
import { parseArgs } from "node:util";
import { watchFolders } from "#local/functions-host/watch/watch-folders.ts";
import { developmentBuild } from "./build.ts";
import { placeFromEnvironment, projectRoot, startExpedite } from "./expedite.ts";
import { onStopSignal } from "./leave-with-parent.ts";
import { eventLog } from "./terminal-log.ts";

/**
 * `npm run dev`: everything that `npm start` starts, with the app built and loaded again whenever a source is saved, every
 * invocation in the log, and `--inspect[=port]` for a debugger in each worker.
 */
const SOURCES = ["functions", "shared"];

/** Editors write a file in several steps. */
const QUIET_MS = 15;

const { values } = parseArgs({
  options: { inspect: { type: "boolean" }, "inspect-port": { type: "string" } },
});
const port = values["inspect-port"];
const inspect = port === undefined ? (values.inspect ? "--inspect" : undefined) : `--inspect=${port}`;

const log = eventLog(process.stdout);
const place = placeFromEnvironment(process.env);
const building = await developmentBuild(projectRoot);
try {
  await building.rebuild();
} catch (error) {
  log("app not built", { error: problemOf(error) });
  process.exit(1);
}
const expedite = await startExpedite({
  ...place,
  log,
  development: inspect === undefined ? {} : { inspect },
});
log("ready", {
  functions: `${expedite.endpoints.functions}/api`,
  addresses: expedite.endpointsFile,
  watching: SOURCES,
});

let timer: NodeJS.Timeout | undefined;
const stopWatching = watchFolders(
  SOURCES.map((folder) => join(projectRoot, folder)),
  /^\.|~$|\.(tmp|swp)$/,
  () => {
    clearTimeout(timer);
    timer = setTimeout(() => void rebuild(), QUIET_MS);
  },
);

/** The Functions host watches what is built; where nothing is, the workers that run stay. */
async function rebuild(): Promise<void> {
  try {
    await building.rebuild();
  } catch (error) {
    log("app not built", { error: problemOf(error), consequence: "what was loaded before goes on" });
  }
}

/** esbuild's message begins with the number of errors; file, line and words are in the lines below. */
function problemOf(error: unknown): string {
  return error instanceof Error
    ? error.message.split("\n").slice(1).join("; ") || error.message
    : String(error);
}

let stopping = false;
onStopSignal(() => {
  if (stopping) process.exit(1);
  stopping = true;
  stopWatching();
  void Promise.all([building.dispose(), expedite.stop()]).finally(() => process.exit(0));
});
