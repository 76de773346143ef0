import { z } from "zod";
import { MAX_USER_METADATA, statusesOf } from "../broker/description.ts";
import { parseDuration } from "../broker/duration.ts";
import { NEVER } from "../limits.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Refuses what it does not know, and says what it does. */
const known = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown: ${issue.keys.join(", ")}; allowed: ${Object.keys(shape).join(", ")}`
        : undefined,
  });

function duration(min: number, max: number, allowed: string) {
  const error = `must be an ISO 8601 duration ${allowed}`;
  return z.string({ error }).refine(
    (value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= min && ms <= max;
    },
    { error: (issue) => `${error}, not '${String(issue.input)}'` },
  );
}

const between = (min: number, max: number) =>
  z
    .int()
    .min(min)
    .max(max, { error: (issue) => `must be from ${min} to ${max}, not ${String(issue.input)}` });

/** "" says the same as leaving it out. */
const forward = z
  .string()
  .transform((name) => (name === "" ? undefined : name))
  .optional();

const name = z.string().min(1);

const common = {
  DefaultMessageTimeToLive: duration(SECOND, NEVER, "from PT1S up").optional(),
  AutoDeleteOnIdle: duration(5 * MINUTE, NEVER, "from PT5M up").optional(),
  UserMetadata: z
    .string()
    .max(MAX_USER_METADATA, { error: `must not be longer than ${MAX_USER_METADATA} characters` })
    .optional(),
  EnableBatchedOperations: z.boolean().optional(),
};
const status = (kind: keyof typeof statusesOf) => ({ Status: z.enum(statusesOf[kind]).optional() });
const duplicates = {
  RequiresDuplicateDetection: z.boolean().optional(),
  DuplicateDetectionHistoryTimeWindow: duration(5 * SECOND, 7 * DAY, "from PT5S to P7D").optional(),
  MaxSizeInMegabytes: between(1, 81_920).optional(),
};
const delivery = {
  LockDuration: duration(5 * SECOND, 5 * MINUTE, "from PT5S to PT5M").optional(),
  MaxDeliveryCount: between(1, 2000).optional(),
  RequiresSession: z.boolean().optional(),
  DeadLetteringOnMessageExpiration: z.boolean().optional(),
  ForwardTo: forward,
  ForwardDeadLetteredMessagesTo: forward,
};

const text = z.string().optional();
const CorrelationFilter = known({
  ContentType: text,
  CorrelationId: text,
  Label: text,
  MessageId: text,
  ReplyTo: text,
  ReplyToSessionId: text,
  SessionId: text,
  To: text,
  Properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
});

const Rule = known({
  Name: name,
  Properties: known({
    FilterType: z.enum(["Correlation", "Sql"]),
    CorrelationFilter: CorrelationFilter.optional(),
    SqlFilter: known({ SqlExpression: z.string() }).optional(),
    Action: known({ SqlExpression: text }).optional(),
  }),
});

const Queue = known({
  Name: name,
  Properties: known({ ...common, ...status("queue"), ...duplicates, ...delivery }).optional(),
});

const Subscription = known({
  Name: name,
  Properties: known({
    ...common,
    ...status("subscription"),
    ...delivery,
    DeadLetteringOnFilterEvaluationExceptions: z.boolean().optional(),
  }).optional(),
  Rules: z.array(Rule).optional(),
});

const Topic = known({
  Name: name,
  Properties: known({ ...common, ...status("topic"), ...duplicates }).optional(),
  Subscriptions: z.array(Subscription).optional(),
});

const Namespace = known({
  Name: name,
  Queues: z.array(Queue).optional(),
  Topics: z.array(Topic).optional(),
});

/** The official emulator's `Config.json`. Its limits on sizes and counts are not imposed. */
export const Config = known({
  /** For editors. */
  $schema: z.string().optional(),
  UserConfig: known({
    Namespaces: z.array(Namespace).length(1, { error: "must hold one namespace: this broker serves one" }),
    /** Where the official emulator writes its log; understood, and of no effect here. */
    Logging: known({ Type: z.enum(["File", "Console", "Console,File", "File,Console"]) }).optional(),
  }),
});

export type ConfigRule = z.output<typeof Rule>;
export type ConfigNamespace = z.output<typeof Namespace>;
export type ConfigProperties = Readonly<Record<string, string | number | boolean | undefined>>;
