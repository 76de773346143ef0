import { z } from "zod";
import type { GroupCommit } from "../sqlite/group-commit.ts";
import { PARTNER_NAMES, type CallFacts, type PartnerName } from "./ledger.ts";

const common = {
  /** Only calls of one of these kinds, or about one of these order or vendor ids, are hit; others find the partner in order. */
  only: z.array(z.string().min(1)).min(1).optional(),
  /** Back to `ok` by itself after this many calls were hit. */
  count: z.int().min(1).optional(),
};
const share = z.number().min(0).max(1);

/**
 * - `down`: every call is refused with 503 (or `status`) without Retry-After; the port itself stays open, because the
 *   partners share it. SMTP: 421 and the connection closes.
 * - `throttled`: 429 with Retry-After; with `ratePerSecond` so many calls of any second get through. SMTP: 450.
 * - `slow`: works, but only after `delayMs`.
 * - `flaky`: 500 without effect, by chance. SMTP: 451.
 * - `answer-lost`: the effect happens, then the connection drops without an answer.
 */
export const Mode = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("ok") }),
  z.strictObject({ mode: z.literal("down"), status: z.int().min(400).max(599).default(503), ...common }),
  z.strictObject({
    mode: z.literal("throttled"),
    retryAfterSeconds: z.int().min(0).max(86_400).default(1),
    ratePerSecond: z.int().min(1).optional(),
    ...common,
  }),
  z.strictObject({ mode: z.literal("slow"), delayMs: z.int().min(0).max(600_000).default(3_000), ...common }),
  z.strictObject({ mode: z.literal("flaky"), failureRate: share.default(0.5), ...common }),
  z.strictObject({ mode: z.literal("answer-lost"), probability: share.default(1), ...common }),
]);
export type Mode = z.infer<typeof Mode>;

/** What the mode does to one call. */
export type Weather =
  | { readonly kind: "fair" }
  | { readonly kind: "answer-lost" }
  | { readonly kind: "refused"; readonly status: number; readonly retryAfterSeconds?: number };

export interface Modes {
  get(name: PartnerName): Mode;
  /** To be called inside a write of the store. */
  set(name: PartnerName, mode: Mode): void;
  /** How long this call has to wait before anything happens to it. */
  delayMs(name: PartnerName, facts: CallFacts): number;
  /** Decides one call and counts it. To be called inside a write of the store. */
  decide(name: PartnerName, facts: CallFacts): Weather;
}

const FAIR: Weather = { kind: "fair" };
const WINDOW_MS = 1_000;

/** Modes are durable, so that an outage outlives a restart. `random` yields numbers in [0, 1). */
export function openModes(store: GroupCommit, now: () => number, random: () => number): Modes {
  store.db.exec("CREATE TABLE IF NOT EXISTS modes (name TEXT PRIMARY KEY, mode TEXT NOT NULL)");
  const save = store.db.prepare("INSERT OR REPLACE INTO modes (name, mode) VALUES (?, ?)");
  const rows = store.db.prepare("SELECT name, mode FROM modes").all();
  const saved = new Map(rows.map((row) => [row["name"], Mode.parse(JSON.parse(String(row["mode"])))]));
  const current = new Map<PartnerName, Mode>(
    PARTNER_NAMES.map((name) => [name, saved.get(name) ?? { mode: "ok" }]),
  );
  const letThrough = new Map<PartnerName, number[]>(PARTNER_NAMES.map((name) => [name, []]));

  const get = (name: PartnerName): Mode => current.get(name) ?? { mode: "ok" };
  const set = (name: PartnerName, mode: Mode): void => {
    save.run(name, JSON.stringify(mode));
    current.set(name, mode);
    letThrough.set(name, []);
  };

  /** A sliding second: never more than the rate, wherever the second is taken to begin. */
  const withinRate = (name: PartnerName, ratePerSecond: number): boolean => {
    const oldest = now() - WINDOW_MS;
    const recent = (letThrough.get(name) ?? []).filter((at) => at > oldest && at <= now());
    const within = recent.length < ratePerSecond;
    if (within) recent.push(now());
    letThrough.set(name, recent);
    return within;
  };

  const weatherOf = (name: PartnerName, mode: Mode): Weather => {
    switch (mode.mode) {
      case "down":
        return { kind: "refused", status: mode.status };
      case "throttled": {
        if (mode.ratePerSecond !== undefined && withinRate(name, mode.ratePerSecond)) return FAIR;
        return { kind: "refused", status: 429, retryAfterSeconds: mode.retryAfterSeconds };
      }
      case "flaky":
        return random() < mode.failureRate ? { kind: "refused", status: 500 } : FAIR;
      case "answer-lost":
        return random() < mode.probability ? { kind: "answer-lost" } : FAIR;
      default:
        return FAIR;
    }
  };

  return {
    get,
    set,
    delayMs(name, facts) {
      const mode = get(name);
      return mode.mode === "slow" && concerns(mode.only, facts) ? mode.delayMs : 0;
    },
    decide(name, facts) {
      const mode = get(name);
      if (mode.mode === "ok" || !concerns(mode.only, facts)) return FAIR;
      const weather = weatherOf(name, mode);
      if (mode.count !== undefined && (weather !== FAIR || mode.mode === "slow")) {
        set(name, mode.count > 1 ? { ...mode, count: mode.count - 1 } : { mode: "ok" });
      }
      return weather;
    },
  };
}

function concerns(only: readonly string[] | undefined, facts: CallFacts): boolean {
  if (only === undefined) return true;
  const vendorId = facts.details?.["vendorId"];
  return (
    only.includes(facts.kind) ||
    (facts.orderId !== null && only.includes(facts.orderId)) ||
    (typeof vendorId === "string" && only.includes(vendorId))
  );
}
