import { AsyncLocalStorage } from "node:async_hooks";
import { AppRegistry, type LogEntry } from "./app-registry.ts";
import { serveCoreModule } from "./core-module.ts";
import { importAhead, type NotedImports, noteImports } from "./imports.ts";
import { loadApp, runAppHooks } from "./load-app.ts";
import { runInvocation } from "./invocation.ts";
import type { FromWorker, InvocationRequest, RegisteredFunction, ToWorker } from "./wire.ts";
import { toWireError } from "./wire-error.ts";

/** Which invocation the running code belongs to; lets console output say where it came from. */
export const runningInvocation = new AsyncLocalStorage<InvocationRequest>();

export interface Worker {
  handle(message: ToWorker): void;
}

/**
 * One language worker: the core module and, when it is told to begin, the app; nothing else. It answers through `send`; the same
 * code runs in a child process and in the host's own process.
 */
export function startWorker(appRoot: string, send: (message: FromWorker) => void): Worker {
  const registry = new AppRegistry((entry) => sendLog(entry, send));
  let imports: NotedImports | undefined;
  let begun: Promise<void> | undefined;
  serveCoreModule(registry);

  async function begin(): Promise<void> {
    try {
      const capabilities = await loadApp(appRoot, registry);
      const noted = imports === undefined ? {} : { modules: imports.end() };
      send({ kind: "ready", functions: describe(registry), capabilities, ...noted });
    } catch (error) {
      send({ kind: "start-failed", error: toWireError(error) });
    }
  }

  return {
    handle(message) {
      switch (message.kind) {
        case "invoke":
          invoke(registry, message.request, send);
          break;
        case "begin":
          begun ??= begin();
          break;
        case "prepare":
          imports = noteImports();
          void importAhead(message.modules);
          break;
        case "terminate":
          void terminate(appRoot, registry, send);
          break;
      }
    },
  };
}

function invoke(
  registry: AppRegistry,
  request: InvocationRequest,
  send: (message: FromWorker) => void,
): void {
  const fail = (error: unknown): void =>
    send({ kind: "failed", invocationId: request.invocationId, error: toWireError(error) });
  const entry = registry.functions.get(request.functionName);
  if (entry === undefined) {
    fail(new Error(`Function "${request.functionName}" is not registered in this worker.`));
    return;
  }
  runningInvocation
    .run(request, () => runInvocation(registry, entry, request))
    .then((response) => send({ kind: "done", response }), fail);
}

async function terminate(
  appRoot: string,
  registry: AppRegistry,
  send: (message: FromWorker) => void,
): Promise<void> {
  try {
    await runAppHooks("appTerminate", appRoot, registry);
  } catch (error) {
    const message = `appTerminate hook failed: ${toWireError(error).message}`;
    send({ kind: "log", level: "error", category: "system", message });
  }
  send({ kind: "terminated" });
}

function describe(registry: AppRegistry): RegisteredFunction[] {
  // Bindings are plain data by contract; going through JSON drops what could not cross a process border.
  const plain: RegisteredFunction[] = JSON.parse(
    JSON.stringify([...registry.functions.values()].map(({ metadata }) => metadata)),
  );
  return plain;
}

function sendLog(entry: LogEntry, send: (message: FromWorker) => void): void {
  const { level, category, message, functionName, invocationId } = entry;
  // The host's default level is information; trace and debug lines would only cost.
  if (level === "trace" || level === "debug" || level === "none") return;
  const line = { kind: "log", level, category, message } as const;
  if (functionName === undefined || invocationId === undefined) send(line);
  else send({ ...line, functionName, invocationId });
}
