import { BrokerError } from "../../errors.ts";
import type { MessageFields, SystemProperty } from "../../message/fields.ts";
import { EvaluationFault, type SqlValue, sqlValueOf } from "./values.ts";

/** What the broker knows about a message beside what its publisher wrote. */
export interface Arrival {
  /** Milliseconds since the epoch. */
  readonly enqueuedAt: number;
  /** The number that the topic gave it. */
  readonly sequence: number;
  /** Until it expires, by its own wish and by what it came through; NEVER = without end. */
  readonly timeToLiveMs: number;
  /** In bytes, as it was sent. */
  readonly size: number;
  /** The path of the entity that dead-lettered it, when it is a dead letter that was forwarded here. */
  readonly source: string | null;
}

/** The properties that are a message's own text, by their names in lower case; rules may also set them. */
const texts: ReadonlyMap<string, SystemProperty> = new Map([
  ["messageid", "messageId"],
  ["to", "to"],
  ["label", "subject"],
  ["replyto", "replyTo"],
  ["correlationid", "correlationId"],
  ["contenttype", "contentType"],
  ["sessionid", "sessionId"],
  ["replytosessionid", "replyToSessionId"],
]);

const annotations: ReadonlyMap<string, string> = new Map([
  ["partitionkey", "x-opt-partition-key"],
  ["viapartitionkey", "x-opt-via-partition-key"],
  ["scheduledenqueuetimeutc", "x-opt-scheduled-enqueue-time"],
]);

const arrivals: ReadonlyMap<string, (arrival: Arrival) => SqlValue> = new Map([
  ["enqueuedtimeutc", ({ enqueuedAt }: Arrival): SqlValue => ({ time: enqueuedAt })],
  ["sequencenumber", ({ sequence }: Arrival) => BigInt(sequence)],
  ["enqueuedsequencenumber", ({ sequence }: Arrival) => BigInt(sequence)],
  ["deliverycount", () => 0n],
  ["timetolive", ({ timeToLiveMs }: Arrival): SqlValue => ({ duration: Math.min(timeToLiveMs, LONGEST_MS) })],
  [
    "expiresatutc",
    ({ enqueuedAt, timeToLiveMs }: Arrival): SqlValue => ({
      time: Math.min(enqueuedAt + timeToLiveMs, LAST_TIME),
    }),
  ],
  ["size", ({ size }: Arrival) => BigInt(size)],
  // "Active": rules meet a message before anybody could defer it.
  ["state", () => 0n],
  ["deadlettersource", ({ source }: Arrival) => source ?? undefined],
]);

/** .NET's longest TimeSpan and last DateTime, which stand for "without end". */
const LONGEST_MS = 922_337_203_685_477;
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** Properties of Azure's message class that this broker's rules cannot look at. */
const unsupported: ReadonlySet<string> = new Set(
  "forcepersistence isbodyconsumed lockeduntilutc locktoken properties".split(" "),
);

/** @throws BrokerError (notImplemented) when a rule names a system property that exists in Azure, but not here */
export function refuseUnsupported(name: string): void {
  if (unsupported.has(name.toLowerCase())) {
    throw new BrokerError("notImplemented", `The system property '${name}' is not supported in rules.`);
  }
}

/** Whether an action may set, or remove, a system property. */
export const settable = (name: string, remove: boolean): boolean =>
  texts.has(name.toLowerCase()) && !(remove && name.toLowerCase() === "messageid");

/** The field behind a settable system property. */
export const textProperty = (name: string): SystemProperty | undefined => texts.get(name.toLowerCase());

/** @throws EvaluationFault when there is no such system property, as Azure does */
export function readSystem(name: string, fields: MessageFields, arrival: Arrival): SqlValue {
  const key = name.toLowerCase();
  const text = texts.get(key);
  if (text !== undefined) return fields.system(text);
  const annotation = annotations.get(key);
  if (annotation !== undefined) {
    const value = fields.annotation(annotation);
    return value === undefined ? undefined : sqlValueOf(value);
  }
  const known = arrivals.get(key);
  if (known === undefined) throw new EvaluationFault(`There is no system property '${name}'.`);
  return known(arrival);
}
