import { z } from "zod";

const httpUrl = z.url({ protocol: /^https?$/ });

/** NCRONTAB with seconds; read by the Functions host, which says nothing of a function whose schedule it cannot read. */
const schedule = z.string().regex(/^\S+(\s+\S+){5}$/, "is not the six fields of a schedule with seconds");

export const mailProviders = ["acs", "smtp"] as const;

/** Checks between settings run although single settings are wrong, so that all faults are named at once. */
const inAnyCase = { when: () => true };

/**
 * Every setting of the app, parsed once at start. Keys and connection strings are optional where a managed identity
 * takes their place in Azure. `local.settings.sample.json` and the infrastructure are compared with it.
 */
export const Settings = z
  .object({
    COSMOS_ENDPOINT: httpUrl,
    COSMOS_KEY: z.string().min(1).optional(),
    COSMOS_DATABASE: z.string().min(1).default("expedite"),
    /** A connection string; or, with a managed identity, only the double-underscore form below. */
    SERVICE_BUS: z
      .string()
      .regex(/(^|;)\s*Endpoint=sb:\/\//i, "has no Endpoint=sb://…")
      .optional(),
    SERVICE_BUS__fullyQualifiedNamespace: z.string().min(1).optional(),
    /** How often outboxes are swept. */
    SWEEP_SCHEDULE: schedule,
    /** Where the API is reached from outside: the links in mails begin with it. */
    PUBLIC_URL: httpUrl,
    /**
     * Comma separated. The first one signs the links by which customers answer, all of them are taken; put a new one in
     * front, and drop the old one once the links made with it have expired.
     */
    LINK_KEYS: z
      .string()
      .refine((keys) => keys.split(",").every((key) => key.length >= 16), "has a key below 16 characters"),
    /** How long a customer may take to answer, and how long before that the reminder goes out. */
    ANSWER_WITHIN_MS: z.coerce.number().int().positive().default(259_200_000),
    REMIND_BEFORE_MS: z.coerce.number().int().positive().default(86_400_000),
    /** How often reminders and deadlines are looked after. */
    FOLLOW_UP_SCHEDULE: schedule,
    RECONCILE_SCHEDULE: schedule,
    /** The first wait of a retry is up to twice this; waits double up to the cap, with full jitter. */
    RETRY_BASE_MS: z.coerce.number().int().positive().default(10_000),
    RETRY_CAP_MS: z.coerce.number().int().positive().default(900_000),
    /** How long a circuit stays open before one call is tried; doubles up to the cap. */
    CIRCUIT_OPEN_MS: z.coerce.number().int().positive().default(30_000),
    CIRCUIT_OPEN_CAP_MS: z.coerce.number().int().positive().default(300_000),
    /** Every 20 seconds or more often, or held deliveries go out more slowly than they could. */
    RELEASE_SCHEDULE: schedule,
    /** When the watch looks at what waits: every minute. */
    WATCH_SCHEDULE: schedule,
    /** An incoming webhook of a chat that alarms are said in (`{"text": …}`). Secret: its path is its key. */
    ALARM_CHAT_URL: httpUrl.optional(),
    /** Where docs/operations.md can be read; alarms link to its sections. */
    RUNBOOK_URL: z.string().min(1).default("docs/operations.md"),
    /** Calls per second that the mail provider takes from all instances together; no limit when not given. */
    MAIL_RATE_PER_SECOND: z.coerce.number().int().positive().optional(),
    /** How often a mail is sent again whose earlier attempts got no answer, where the provider cannot be asked. */
    MAIL_AMBIGUOUS_SENDS: z.coerce.number().int().min(0).default(2),
    PAYMENTS_URL: httpUrl,
    PAYMENTS_KEY: z.string().min(1),
    /** `partner` keeps the stock, `commerce` keeps the stock and takes the payments as well. */
    STOCK_PROVIDER: z.enum(["cosmos", "partner", "commerce"]).default("cosmos"),
    STOCK_PARTNER_URL: httpUrl.optional(),
    STOCK_PARTNER_KEY: z.string().min(1).optional(),
    MAIL_PROVIDER: z.enum(mailProviders).default("acs"),
    MAIL_CONNECTION_STRING: z
      .string()
      .regex(/(^|;)\s*endpoint=https?:\/\//i, "has no endpoint=https://…")
      .optional(),
    MAIL_ENDPOINT: httpUrl.optional(),
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
    /** `host:port` pairs, comma separated, that webhooks may reach although they are private or plain http. */
    WEBHOOK_PRIVATE_TARGETS: z
      .string()
      .regex(/^(\s*([^\s,:/]+|\[[^\s,\]]+\]):\d{1,5}\s*(,|$))*$/, "has something that is not host:port")
      .default(""),
    APPLICATIONINSIGHTS_CONNECTION_STRING: z.string().min(1).optional(),
    /** `Authorization=AAD;ClientId=…`: telemetry is sent with that identity instead of the key; the host reads it too. */
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: z.string().startsWith("Authorization=AAD").optional(),
    /** Base address of an OTLP/HTTP receiver that spans and metrics go to as well. */
    OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
    OTEL_SERVICE_NAME: z.string().min(1).default("expedite"),
    TELEMETRY_TO_TERMINAL: z.stringbool().default(false),
    /** Share of traces that Azure Monitor is sent; metrics count all. */
    TELEMETRY_SAMPLING: z.coerce.number().min(0).max(1).default(1),
  })
  .refine((s) => s.SERVICE_BUS !== undefined || s.SERVICE_BUS__fullyQualifiedNamespace !== undefined, {
    path: ["SERVICE_BUS"],
    error: "is missing, and so is SERVICE_BUS__fullyQualifiedNamespace",
    ...inAnyCase,
  })
  .refine(
    (s) =>
      s.MAIL_PROVIDER !== "acs" || s.MAIL_CONNECTION_STRING !== undefined || s.MAIL_ENDPOINT !== undefined,
    {
      path: ["MAIL_CONNECTION_STRING"],
      error: "is missing, and so is MAIL_ENDPOINT, but MAIL_PROVIDER is acs",
      ...inAnyCase,
    },
  )
  .refine((s) => s.MAIL_PROVIDER !== "smtp" || s.SMTP_URL !== undefined, {
    path: ["SMTP_URL"],
    error: "is missing, but MAIL_PROVIDER is smtp",
    ...inAnyCase,
  })
  .refine(
    (s) =>
      s.STOCK_PROVIDER === "cosmos" ||
      (s.STOCK_PARTNER_URL !== undefined && s.STOCK_PARTNER_KEY !== undefined),
    {
      path: ["STOCK_PARTNER_URL"],
      error: "and STOCK_PARTNER_KEY are needed, because STOCK_PROVIDER is not cosmos",
      ...inAnyCase,
    },
  );
export type Settings = z.infer<typeof Settings>;

/** Throws one error that names every setting at fault. Values are never printed: they may be secrets. */
export function parseSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const filled = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Settings.safeParse(filled);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `  ${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`Expedite cannot start, these settings are missing or wrong:\n${faults.join("\n")}`);
}
