import { expect, test } from "vitest";
import { eventually, type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

/** CommonJS on purpose: in code that is not strict, assigning what cannot be assigned is silent, unless it is made to throw. */
const useSloppyApp = async (code: string): Promise<HostUnderTest> => {
  const appRoot = await useApp({
    "package.json": JSON.stringify({ name: "app", main: "index.js" }),
    "index.js": `
      const { app } = require("@azure/functions");
      const core = require("@azure/functions-core"); // what the library itself does
      const told = [];
      app.get("told", () => ({ jsonBody: told.splice(0) }));
      ${code}`,
  });
  return useHost({ appRoot });
};

const get = (host: HostUnderTest, name: string): Promise<Response> => fetch(`${host.url}/api/${name}`);

/** What the app has written down since it was last asked. */
const told = async (host: HostUnderTest): Promise<unknown> => {
  const response = await get(host, "told");
  return response.json();
};

const lines = (host: HostUnderTest, event: string): Readonly<Record<string, unknown>>[] =>
  host.lines.filter((line) => line.event === event).map(({ facts }) => facts);

test("hooks run in the order of their registration, one after the other, around the handler that they may replace", async () => {
  const host = await useSloppyApp(`
    const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
    const say = (word) => async () => { await pause(); told.push(word); };
    app.hook.preInvocation(say("first"));
    app.hook.preInvocation(async (hook) => {
      if (hook.invocationContext.functionName !== "run") return;
      const handler = hook.functionHandler;
      hook.inputs = [{ replaced: true }];
      hook.functionHandler = async (input, context) => { told.push(["wrapped", input]); return handler(input, context); };
    });
    app.hook.postInvocation(say("second"));
    app.hook.postInvocation((hook) => { told.push(hook.inputs.length); });
    app.get("run", (input) => { told.push(["handler", input]); return {}; });`);
  await get(host, "run");

  const words = await told(host);

  expect(words).toEqual([
    "first",
    ["wrapped", { replaced: true }],
    ["handler", { replaced: true }],
    "second",
    1,
    "first",
  ]);
});

/** The library shows its users no appHookData; the worker has it all the same. */
test("hookData belongs to one invocation, appHookData to the app, and appStart has its own", async () => {
  const host = await useSloppyApp(`
    core.registerHook("appStart", (hook) => { hook.hookData.own = 1; hook.appHookData.count = 10; told.push(hook.functionAppDirectory === process.cwd()); });
    core.registerHook("preInvocation", (hook) => {
      told.push(Object.keys(hook.hookData).length);
      hook.hookData.name = hook.invocationContext.functionName;
      hook.appHookData.count += 1;
    });
    core.registerHook("postInvocation", (hook) => { told.push([hook.hookData.name, hook.appHookData.count]); });
    app.get("run", () => ({}));`);
  await get(host, "run");
  await get(host, "run");

  expect(await told(host)).toEqual([true, 0, ["run", 11], 0, ["run", 12], 0]);
});

test("what hooks share can be filled but not replaced, not even silently by sloppy code", async () => {
  const host = await useSloppyApp(`
    const tries = (where, hook, names) => {
      for (const name of names) {
        try { hook[name] = {}; told.push(where + " " + name + " was replaced"); }
        catch (error) { told.push(where + ": " + error.message + " " + error.isAzureFunctionsSystemError); }
      }
    };
    core.registerHook("appStart", (hook) => tries("start", hook, ["hookData", "appHookData"]));
    core.registerHook("preInvocation", (hook) => tries("pre", hook, ["hookData", "appHookData", "invocationContext"]));
    app.get("run", () => ({}));`);

  const refused = (where: string, name: string): string =>
    `${where}: Cannot assign to read only property '${name}' true`;
  expect(await told(host)).toEqual([
    refused("start", "hookData"),
    refused("start", "appHookData"),
    refused("pre", "hookData"),
    refused("pre", "appHookData"),
    refused("pre", "invocationContext"),
  ]);
});

test("in postInvocation the error is null after success, and the result after a failure", async () => {
  const host = await useSloppyApp(`
    app.hook.postInvocation((hook) => { told.push([hook.result === null, hook.error === null]); });
    app.get("good", () => ({}));
    app.get("bad", () => { throw new Error("no"); });`);
  await get(host, "good");
  await get(host, "bad");

  expect(await told(host)).toEqual([
    [false, true],
    [true, false],
  ]);
});

test("a preInvocation hook that throws fails the invocation before its handler runs", async () => {
  const host = await useSloppyApp(`
    app.hook.preInvocation((hook) => { if (hook.invocationContext.functionName === "run") throw new Error("not today"); });
    app.hook.postInvocation(() => { told.push("post"); });
    app.get("run", () => { told.push("handler"); return {}; });`);

  expect((await get(host, "run")).status).toBe(500);
  expect(await told(host)).toEqual([]);
  expect(lines(host, "invocation failed")[0]).toMatchObject({ function: "run" });
});

test("a postInvocation hook that throws fails an invocation that had succeeded", async () => {
  const host = await useSloppyApp(`
    app.hook.postInvocation((hook) => { if (hook.invocationContext.functionName === "run") throw new Error("too late"); });
    app.get("run", () => ({ status: 200 }));`);

  expect((await get(host, "run")).status).toBe(500);
});

test("a handler that throws nothing, undefined or null, has succeeded", async () => {
  const host = await useSloppyApp(`
    app.get("undefined", () => { throw undefined; });
    app.get("null", () => Promise.reject(null));
    app.get("zero", () => { throw 0; });`);

  const statuses = [await get(host, "undefined"), await get(host, "null"), await get(host, "zero")];

  expect(statuses.map(({ status }) => status)).toEqual([204, 204, 500]);
});

test("log hooks see every line with its invocation's data, and may change the user's lines only", async () => {
  const host = await useSloppyApp(`
    app.hook.preInvocation((hook) => { hook.hookData.order = "ord_1"; });
    app.hook.log((hook) => {
      if (hook.invocationContext?.functionName !== "run") return;
      hook.message = hook.hookData.order + ": " + hook.message;
      try { hook.category = "user"; } catch (error) { told.push(error.message); }
      if (hook.level === "warning") hook.level = "error";
    });
    app.get("run", (_request, context) => {
      context.log("quiet");
      context.warn("loud");
      setTimeout(() => context.log("late"), 50);
      return {};
    });`);
  await get(host, "run");
  const said = await eventually(() => {
    const found = lines(host, "function log");
    return found.length >= 4 ? found : undefined;
  });

  expect(said.map(({ level, message }) => [level, message])).toEqual([
    ["information", "ord_1: quiet"],
    ["error", "ord_1: loud"],
    ["warning", expect.stringContaining("after function execution has completed")],
    ["information", "ord_1: late"],
  ]);
  expect(said[2]?.["message"]).not.toContain("ord_1: ");
  expect(await told(host)).toContain("Cannot assign to read only property 'category'");
});

test("a log hook that throws loses its changes, never the line", async () => {
  const host = await useSloppyApp(`
    app.hook.log((hook) => { hook.message = "changed"; });
    app.hook.log(() => { throw new Error("broken"); });
    app.get("run", (_request, context) => { context.log("as it was"); return {}; });`);
  await get(host, "run");

  expect(lines(host, "function log")[0]).toMatchObject({ message: "as it was" });
});

test("every level of context.log arrives with function and invocation; below information nothing does", async () => {
  const host = await useSloppyApp(`
    app.get("run", (_request, context) => {
      for (const level of ["trace", "debug", "info", "warn", "error"]) context[level](level, { a: 1 });
      context.log("%s of %d", "one", 2);
      return { body: context.invocationId };
    });`);
  const response = await get(host, "run");
  const invocation = await response.text();

  expect(lines(host, "function log")).toEqual(
    [
      ["information", "info { a: 1 }"],
      ["warning", "warn { a: 1 }"],
      ["error", "error { a: 1 }"],
      ["information", "one of 2"],
    ].map(([level, message]) => ({ function: "run", invocation, level, message })),
  );
});

test("after the start nothing can be registered, taken back or set up any more", async () => {
  const host = await useSloppyApp(`
    const taken = core.registerFunction({ name: "gone", bindings: { t: { type: "timerTrigger", direction: "in", schedule: "0 0 1 1 *" } } }, () => undefined);
    taken.dispose();
    const early = core.registerFunction({ name: "early", bindings: { t: { type: "timerTrigger", direction: "in", schedule: "0 0 0 1 1 *" } } }, () => undefined);
    const tried = (call) => { try { call(); return "done"; } catch (error) { return error.message; } };
    app.get("run", () => ({ jsonBody: [
      tried(() => app.get("late", () => ({}))),
      tried(() => early.dispose()),
      tried(() => app.setup({ enableHttpStream: true })),
    ] }));`);
  const response = await get(host, "run");

  expect(await response.json()).toEqual([
    "A function can only be registered during app startup.",
    "A function can only be disposed during app startup.",
    expect.stringContaining("startup"),
  ]);
  expect(lines(host, "function").map(({ name }) => name)).toEqual(["told", "early", "run"]);
});

test("an unknown hook is a RangeError with the mark by which the library tells its users what is missing", async () => {
  const host = await useSloppyApp(`
    try { core.registerHook("dinner", () => undefined); }
    catch (error) { told.push([error instanceof RangeError, error.isAzureFunctionsSystemError]); }
    told.push([typeof core.version, typeof core.hostVersion, typeof core.log, typeof core.Disposable.from]);`);

  expect(await told(host)).toEqual([
    [true, true],
    ["string", "string", "function", "function"],
  ]);
});

test("a hook that is disposed runs no more", async () => {
  const host = await useSloppyApp(`
    const hook = app.hook.preInvocation(() => { told.push("hooked"); });
    app.get("stop", () => { hook.dispose(); return {}; });`);
  await get(host, "stop");

  expect(await told(host)).toEqual(["hooked"]);
});

test("an appStart hook that throws stops the start", async () => {
  const starting = useSloppyApp('app.hook.appStart(() => { throw new Error("no licence"); });');

  await expect(starting).rejects.toThrow("no licence");
});

test("appTerminate hooks share appStart's data, and one that never ends is cut after five seconds", async () => {
  const host = await useSloppyApp(`
    app.hook.appStart((hook) => { hook.hookData.since = "the start"; });
    app.hook.appTerminate((hook) => { core.log("information", "user", "since " + hook.hookData.since); });
    app.hook.appTerminate(() => new Promise(() => undefined));`);
  const startedAt = performance.now();

  await host.stop();

  expect((performance.now() - startedAt) / 1000).toBeGreaterThan(4.9);
  expect((performance.now() - startedAt) / 1000).toBeLessThan(8);
  expect(lines(host, "worker output").map(({ message }) => message)).toContain("since the start");
});
