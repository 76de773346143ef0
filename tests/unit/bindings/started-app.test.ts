import { expect, test } from "vitest";
import { startedApp } from "#shared/bindings/started-app.ts";

test("an app that cannot start yet is waited for, so that a message is not given back ten times in a second", async () => {
  const waits: number[] = [];
  let tries = 0;
  const load = () => (++tries < 4 ? Promise.reject(new Error("not yet")) : Promise.resolve("the app"));
  const wait = (ms: number) => Promise.resolve(void waits.push(ms));
  expect(await startedApp(load, wait)).toBe("the app");
  expect(waits).toEqual([1000, 2000, 4000]);
});

test("one that never starts is given up before the host gives up the invocation, with its own words", async () => {
  let waitedMs = 0;
  const wait = (ms: number) => Promise.resolve(void (waitedMs += ms));
  await expect(startedApp(() => Promise.reject(new Error("no settings")), wait)).rejects.toThrow(
    "no settings",
  );
  expect(waitedMs).toBeGreaterThan(90_000);
  expect(waitedMs).toBeLessThan(120_000);
});
