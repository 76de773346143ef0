import { expect, onTestFinished, test } from "vitest";
import { type HostUnderTest, useHost } from "./host-under-test.ts";
import { useApp } from "./use-app.ts";

const useLimitedHost = async (http: object): Promise<HostUnderTest> =>
  useHost({
    inProcess: true,
    appRoot: await useApp({
      "host.json": JSON.stringify({ version: "2.0", extensions: { http } }),
      "index.ts": `
        import { app } from "@azure/functions";
        let running = 0;
        let most = 0;
        app.http("busy", { methods: ["GET"], authLevel: "anonymous", handler: async () => {
          most = Math.max(most, (running += 1));
          await (globalThis.busyUntil ?? new Promise((resolve) => setTimeout(resolve, 50)));
          running -= 1;
          return { jsonBody: { most } };
        } });
        app.http("framed", { methods: ["GET"], authLevel: "anonymous", handler: () => ({ headers: { "x-frame-options": "DENY" } }) });`,
    }),
  });

const many = (host: HostUnderTest, count: number, path = "/api/busy"): Promise<Response[]> =>
  Promise.all(Array.from({ length: count }, () => fetch(host.url + path)));

test("requests beyond maxOutstandingRequests are refused with 429, those within are answered", async () => {
  const host = await useLimitedHost({ maxOutstandingRequests: 4 });

  // The app runs in this process: those within go on until those beyond have been refused.
  const refused = Promise.withResolvers<void>();
  Object.assign(globalThis, { busyUntil: refused.promise });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, "busyUntil"));
  let refusals = 0;
  const call = async (): Promise<number> => {
    const { status } = await fetch(`${host.url}/api/busy`);
    if (status === 429 && (refusals += 1) === 6) refused.resolve();
    return status;
  };
  const statuses = await Promise.all(Array.from({ length: 10 }, call));

  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(statuses.filter((status) => status === 429)).toHaveLength(6);
});

test("requests beyond maxConcurrentRequests wait for their turn", async () => {
  const host = await useLimitedHost({ maxConcurrentRequests: 3 });

  const responses = await many(host, 10);

  const most = await Promise.all(responses.map(async (response) => JSON.parse(await response.text()).most));
  expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
  expect(Math.max(...most)).toBe(3);
});

test("an empty route prefix puts functions at the root", async () => {
  const host = await useLimitedHost({ routePrefix: "" });

  const [response] = await many(host, 1, "/busy");

  expect(response?.status).toBe(200);
});

test("customHeaders are sent with every answer, and a function's own value wins", async () => {
  const host = await useLimitedHost({
    customHeaders: { "X-Frame-Options": "SAMEORIGIN", "X-Content-Type-Options": "nosniff" },
  });

  const [answer] = await many(host, 1);
  const [own] = await many(host, 1, "/api/framed");
  const [unknown] = await many(host, 1, "/api/unknown");

  expect(answer?.headers.get("x-frame-options")).toBe("SAMEORIGIN");
  expect(own?.headers.get("x-frame-options")).toBe("DENY");
  expect(unknown?.headers.get("x-content-type-options")).toBe("nosniff");
});

test("dynamicThrottlesEnabled is refused at start", async () => {
  await expect(useLimitedHost({ dynamicThrottlesEnabled: true })).rejects.toThrow(
    "extensions.http.dynamicThrottlesEnabled",
  );
});
