import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { parseTimeSpan } from "../duration.ts";
import { HostRefusal } from "../refusal.ts";
import type { Settings } from "../settings.ts";
import { withOverrides } from "./host-json-overrides.ts";

/** A .NET TimeSpan, read as milliseconds. */
const timeSpan = z.string().transform((text, context) => {
  const ms = parseTimeSpan(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: "custom", message: `"${text}" is not a time span such as "00:05:00"` });
  return z.NEVER;
});

const unsupported = (why: string) => z.never({ error: `not supported by this host: ${why}` }).optional();

/** Means something on Azure only; accepted and without effect here. */
const azureOnly = z.unknown().optional();

/** Half a lock's longest time: what waits for a fuller batch is locked. */
const LONGEST_BATCH_WAIT_MS = 150_000;

/** Defaults are Azure's, except where a name says otherwise. */
const serviceBus = z.strictObject({
  maxConcurrentCalls: z.int().positive().optional(), // default: 16 x cores
  prefetchCount: z.int().nonnegative().default(0),
  autoCompleteMessages: z.boolean().default(true),
  maxAutoLockRenewalDuration: timeSpan.default(5 * 60_000),
  transportType: z
    .literal("amqpTcp", { error: 'only "amqpTcp" is supported by this host' })
    .default("amqpTcp"),
  clientRetryOptions: z
    .strictObject({
      mode: z.literal(["fixed", "exponential"]).optional(),
      tryTimeout: timeSpan.optional(),
      delay: timeSpan.optional(),
      maxDelay: timeSpan.optional(),
      maxRetries: z.int().nonnegative().optional(),
    })
    .default({}),
  maxConcurrentSessions: z.int().positive().default(8),
  maxConcurrentCallsPerSession: z.int().positive().default(1),
  sessionIdleTimeout: timeSpan.optional(), // default: clientRetryOptions.tryTimeout
  maxMessageBatchSize: z.int().positive().default(1000),
  minMessageBatchSize: z.int().positive().default(1),
  maxBatchWaitTime: timeSpan
    .refine((ms) => ms <= LONGEST_BATCH_WAIT_MS, { error: "must not be longer than 00:02:30" })
    .default(30_000),
  webProxy: unsupported("webProxy"),
  enableCrossEntityTransactions: z
    .literal(false, { error: "only false is supported by this host" })
    .optional(),
});

const http = z.strictObject({
  routePrefix: z.string().default("api"),
  /** -1 = no limit, as on Flex Consumption. */
  maxOutstandingRequests: z.int().min(-1).default(-1),
  /** Requests beyond it wait; -1 = no limit. */
  maxConcurrentRequests: z.int().min(-1).default(-1),
  dynamicThrottlesEnabled: z.literal(false, { error: "only false is supported by this host" }).optional(),
  /** Sent with every answer of a function. */
  customHeaders: z.record(z.string(), z.string()).default({}),
  hsts: azureOnly,
});

const FLEX_DEFAULT_TIMEOUT = "00:30:00";

/** How hosts agree which of them runs a timer. Defaults are those of Azure's host on a developer's machine. */
const singleton = z.strictObject({
  listenerLockPeriod: timeSpan
    .refine((ms) => ms >= 15_000 && ms <= 60_000, { error: "must lie between 00:00:15 and 00:01:00" })
    .default(15_000),
  listenerLockRecoveryPollingInterval: timeSpan.default(15_000), // Azure: a minute
  lockPeriod: azureOnly,
  lockAcquisitionTimeout: azureOnly,
  lockAcquisitionPollingInterval: azureOnly,
});

const hostJson = z.strictObject({
  version: z.literal("2.0"),
  $schema: azureOnly,
  functionTimeout: z
    .union([z.literal([-1, "-1", "-00:00:01"]).transform(() => undefined), timeSpan])
    .prefault(FLEX_DEFAULT_TIMEOUT), // `default` would also replace the undefined that -1 stands for
  extensions: z
    .strictObject({
      http: http.prefault({}),
      serviceBus: serviceBus.prefault({}),
      cosmosDB: azureOnly,
    })
    .prefault({}),
  logging: azureOnly,
  telemetryMode: azureOnly,
  extensionBundle: azureOnly,
  healthMonitor: azureOnly,
  aggregator: azureOnly,
  concurrency: z
    .strictObject({
      dynamicConcurrencyEnabled: z.literal(false).optional(),
      snapshotPersistenceEnabled: azureOnly,
    })
    .optional(),
  retry: unsupported("app-wide retry, which Azure has withdrawn too"),
  functions: unsupported("functions (a list of those to run); use AzureWebJobs.<name>.Disabled"),
  singleton: singleton.prefault({}),
  /** Beside the app's own folders; both are of use in watch mode only. */
  watchDirectories: z.array(z.string()).default([]),
  watchFiles: z.array(z.string()).default([]),
  managedDependency: azureOnly,
});

export type HostJson = z.output<typeof hostJson>;
export type HttpSettings = HostJson["extensions"]["http"];
export type ServiceBusSettings = HostJson["extensions"]["serviceBus"];

/** Parses host.json's text, as app settings change it. Every fault is named with its place; nothing unknown is ignored. */
export function parseHostJson(text: string, settings: Settings = {}): HostJson {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new HostRefusal("host-json-invalid", `host.json is not JSON: ${String(error)}`, { cause: error });
  }
  const parsed = hostJson.safeParse(withOverrides(content, settings));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new HostRefusal("host-json-invalid", `host.json: ${faults.join("; ")}`);
}

export function readHostJson(appRoot: string, settings: Settings): HostJson {
  const file = join(appRoot, "host.json");
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new HostRefusal("host-json-invalid", `cannot read ${file}`, { cause: error });
  }
  return parseHostJson(text, settings);
}
