import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { eventually, freePort, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const APP = {
  "index.ts": `
    import { app } from "@azure/functions";
    app.http("who", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ jsonBody: { pid: process.pid } }) });`,
};

const Targets = z.array(z.object({ webSocketDebuggerUrl: z.string() }));
const Evaluated = z.object({ result: z.object({ result: z.object({ value: z.int() }) }) });
const Who = z.object({ pid: z.int() });

const who = async (url: string): Promise<number> =>
  Who.parse(await (await fetch(`${url}/api/who`)).json()).pid;

/** What a debugger does: asks the port for its target, connects, evaluates. */
async function evaluateThrough(port: number, expression: string): Promise<number> {
  const [target] = Targets.parse(await (await fetch(`http://127.0.0.1:${port}/json/list`)).json());
  const socket = new WebSocket(target?.webSocketDebuggerUrl ?? "");
  onTestFinished(() => socket.close());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  socket.addEventListener("open", () =>
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } })),
  );
  socket.addEventListener("message", ({ data }) => resolve(String(data)));
  socket.addEventListener("error", () => reject(new Error("the debugger was not let in")));
  return Evaluated.parse(JSON.parse(await promise)).result.result.value;
}

test("a debugger attaches to the very process that runs the functions, and finds a restarted worker where the old one was", async () => {
  const port = await freePort();
  const host = await useHost({ appRoot: await useApp(APP), workerExecArgv: [`--inspect=127.0.0.1:${port}`] });
  const before = await who(host.url);
  const debugged = await evaluateThrough(port, "process.pid");

  process.kill(before, "SIGKILL");
  const after = await eventually(() => host.workers().find((pid) => pid !== before));
  const answering = await who(host.url);

  expect(debugged).toBe(before);
  expect(answering).toBe(after);
  expect(await evaluateThrough(port, "process.pid")).toBe(after);
});

test("in-process the functions run in the caller's own process, where its debugger already is", async () => {
  const host = await useHost({ appRoot: await useApp(APP), inProcess: true });

  expect(host.workers()).toEqual([process.pid]);
  expect(await who(host.url)).toBe(process.pid);
});
