import { expect, test } from "vitest";
import { parseHostJson } from "#local/functions-host/app/host-json.ts";

const hostJson = (content: object): string => JSON.stringify({ version: "2.0", ...content });
const serviceBus = (settings: object): string => hostJson({ extensions: { serviceBus: settings } });

test("what host.json leaves out is as Azure has it", () => {
  const { functionTimeout, extensions } = parseHostJson(hostJson({}));

  expect(functionTimeout).toBe(30 * 60_000);
  expect(extensions.http).toMatchObject({
    routePrefix: "api",
    maxOutstandingRequests: -1,
    maxConcurrentRequests: -1,
  });
  expect(extensions.serviceBus).toEqual({
    prefetchCount: 0,
    autoCompleteMessages: true,
    maxAutoLockRenewalDuration: 5 * 60_000,
    transportType: "amqpTcp",
    clientRetryOptions: {},
    maxConcurrentSessions: 8,
    maxConcurrentCallsPerSession: 1,
    maxMessageBatchSize: 1000,
    minMessageBatchSize: 1,
    maxBatchWaitTime: 30_000,
  });
});

test.for(["-1", "-00:00:01"])("functionTimeout %s is none", (functionTimeout) => {
  expect(parseHostJson(hostJson({ functionTimeout })).functionTimeout).toBeUndefined();
});

test.for([
  ["a version but 2.0", JSON.stringify({ version: "3.0" }), "version"],
  ["a setting nobody knows", serviceBus({ maxConcurrentCals: 4 }), "maxConcurrentCals"],
  ["a limit that is none", serviceBus({ maxConcurrentCalls: 0 }), "extensions.serviceBus.maxConcurrentCalls"],
  [
    "a time span in seconds",
    serviceBus({ maxAutoLockRenewalDuration: "300" }),
    '"300" is not a time span such as',
  ],
  [
    "a batch that waits for too long",
    serviceBus({ maxBatchWaitTime: "00:03:00" }),
    "must not be longer than 00:02:30",
  ],
  ["AMQP over WebSockets", serviceBus({ transportType: "amqpWebSockets" }), 'only "amqpTcp" is supported'],
  ["a proxy", serviceBus({ webProxy: "http://proxy" }), "webProxy: not supported by this host"],
  [
    "transactions across entities",
    serviceBus({ enableCrossEntityTransactions: true }),
    "only false is supported",
  ],
  [
    "dynamic concurrency",
    hostJson({ concurrency: { dynamicConcurrencyEnabled: true } }),
    "dynamicConcurrencyEnabled",
  ],
  [
    "a retry policy for the whole app",
    hostJson({ retry: { strategy: "fixedDelay" } }),
    "app-wide retry, which Azure has withdrawn",
  ],
  ["a list of functions", hostJson({ functions: ["a"] }), "use AzureWebJobs.<name>.Disabled"],
  ["no JSON", "version: 2.0", "host.json is not JSON"],
] as const)("%s is refused by its place", ([, text, message]) => {
  expect(() => parseHostJson(text)).toThrow(message);
});

test("app settings go before host.json, path by path, in any case, as numbers and truth values where they look like them", () => {
  const text = hostJson({ extensions: { http: { routePrefix: "v1" }, serviceBus: { prefetchCount: 5 } } });

  const { extensions, functionTimeout } = parseHostJson(text, {
    AzureFunctionsJobHost__extensions__http__routePrefix: "v2",
    azurefunctionsjobhost__EXTENSIONS__ServiceBus__PrefetchCount: "7",
    "AzureFunctionsJobHost:extensions:serviceBus:autoCompleteMessages": "False",
    AzureFunctionsJobHost__functionTimeout: "-1",
    AzureFunctionsJobHostess: "somebody else",
  });

  expect(extensions.http.routePrefix).toBe("v2");
  expect(extensions.serviceBus).toMatchObject({ prefetchCount: 7, autoCompleteMessages: false });
  expect(functionTimeout).toBeUndefined();
});

test("an app setting that no host.json could have is refused by its place", () => {
  const settings = { AzureFunctionsJobHost__extensions__http__routPrefix: "v2" };

  expect(() => parseHostJson(hostJson({}), settings)).toThrow("routPrefix");
});
