/** The app and `@azure/functions` in one process, invoked without any HTTP or process border: what no host can save. */
import type { FromWorker, InvocationRequest } from "#local/functions-host/worker/wire.ts";
import { startWorker } from "#local/functions-host/worker/worker.ts";
import { ORDER } from "./bench-app.ts";

const [, , appRoot = "", count = "20000"] = process.argv;
const IN_FLIGHT = 64;
let left = Number(count);
let begun: NodeJS.CpuUsage | undefined;
let warmUp = 5000;
const headers = {
  "content-type": "application/json",
  "content-length": String(ORDER.length),
  host: "localhost",
};

const request = (): InvocationRequest => ({
  invocationId: crypto.randomUUID(),
  functionName: "orders",
  inputData: [
    {
      name: trigger,
      data: {
        http: {
          method: "POST",
          url: "http://localhost/api/orders",
          headers,
          body: { bytes: Buffer.from(ORDER) },
        },
      },
    },
  ],
  traceContext: { traceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
});
let trigger = "";

const worker = startWorker(appRoot, (message: FromWorker) => {
  if (message.kind === "ready") {
    const [orders] = message.functions;
    trigger =
      Object.entries(orders?.bindings ?? {}).find(([, { type }]) => type === "httpTrigger")?.[0] ?? "";
    for (let started = 0; started < IN_FLIGHT; started += 1)
      worker.handle({ kind: "invoke", request: request() });
  } else if (message.kind === "done") next();
  else throw new Error(JSON.stringify(message));
});

worker.handle({ kind: "begin" });

function next(): void {
  if (warmUp > 0) warmUp -= 1;
  else begun ??= process.cpuUsage();
  if (begun !== undefined) left -= 1;
  if (left > 0) worker.handle({ kind: "invoke", request: request() });
  else if (begun !== undefined) {
    const { user, system } = process.cpuUsage(begun);
    console.log(JSON.stringify({ microsPerInvocation: (user + system) / Number(count) }));
    process.exit(0);
  }
}
