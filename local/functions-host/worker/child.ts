/**
 * Entry of a worker process: `node child.ts <folder of the app>`, forked with an IPC channel. It lives exactly
 * as long as its controller.
 */
import { flushCompileCache } from "node:module";
import { format } from "node:util";
import { batchedChannel } from "./batched-channel.ts";
import type { FromWorker, ToWorker } from "./wire.ts";
import { runningInvocation, startWorker } from "./worker.ts";

const appRoot = process.argv[2];
if (appRoot === undefined || process.send === undefined) {
  throw new Error("this file is started by the functions host, with an app folder and an IPC channel");
}

// A controller that died cannot settle anything any more: whatever runs here would be done twice.
process.on("disconnect", () => process.exit(1));
// Ctrl+C and `kill` by a supervisor reach the whole group; the controller decides when its workers end.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

const send = batchedChannel<FromWorker>((batch) => process.send?.(batch));

// As on Azure, what goes to the console is information, unless it was meant for stderr.
const CONSOLE = [
  ["debug", "information"],
  ["log", "information"],
  ["info", "information"],
  ["warn", "warning"],
  ["error", "error"],
] as const;
for (const [method, level] of CONSOLE) {
  console[method] = (...words: unknown[]) => {
    const request = runningInvocation.getStore();
    const line = { kind: "log", level, category: "console", message: format(...words) } as const;
    if (request === undefined) send(line);
    else send({ ...line, functionName: request.functionName, invocationId: request.invocationId });
  };
}

/** A worker ends by being killed, which leaves Node no moment to keep what it compiled for the next one. */
const COMPILED_BY_THEN_MS = 1500;
setTimeout(flushCompileCache, COMPILED_BY_THEN_MS).unref();

const worker = startWorker(appRoot, send);
process.on("message", (batch: readonly ToWorker[]) => {
  for (const message of batch) worker.handle(message);
});
