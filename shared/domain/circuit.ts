import type { Circuit } from "#shared/contracts/circuit.ts";

const SECOND = 1000;

/** Opens after so many failures in a row … */
const CONSECUTIVE_FAILURES = 10;
/** … or when half of so many calls within a minute failed. */
const ENOUGH_CALLS = 20;
const FAILED_SHARE = 0.5;
const WINDOW_MS = 60 * SECOND;
const SLICE_MS = 10 * SECOND;
/** Longer than any call takes; then the prober has died. */
const PROBE_TAKES_AT_MOST_MS = 45 * SECOND;
/** A partner that throttles without saying for how long. */
const BLOCK_MS = 5 * SECOND;
const LONGEST_BLOCK_MS = 24 * 60 * 60 * SECOND;

export interface CircuitPolicy {
  /** How long it stays open at first; doubles with each failed probe, up to the cap. */
  readonly openMs: number;
  readonly openCapMs: number;
}

/**
 * - `go`: call.
 * - `probe`: one call may be made to see whether it works again; whoever wants to takes the lease first (`takeProbe`).
 * - `hold`: do not call before `untilMs`.
 */
export type Gate =
  | { readonly kind: "go" }
  | { readonly kind: "probe" }
  | { readonly kind: "hold"; readonly untilMs: number };

export interface Caller {
  /** It was held and its turn has come. */
  readonly released: boolean;
  /** What the call is for; the same when the same work is done again. */
  readonly by?: string;
}

/** Whether a call may be made now. Those who were held and released go before all others while the rate still grows. */
export function gate(circuit: Circuit, nowMs: number, caller: Caller): Gate {
  const { state, probeAtMs = 0, probeBy, blockedUntilMs = 0 } = circuit;
  const isOwnLease = probeBy !== undefined && probeBy === caller.by;
  const probeUntilMs = isOwnLease ? 0 : (circuit.probeUntilMs ?? 0);
  const openUntilMs = state === "open" ? Math.max(probeAtMs, probeUntilMs) : 0;
  const untilMs = Math.max(blockedUntilMs, openUntilMs);
  if (untilMs > nowMs) return { kind: "hold", untilMs };
  if (state === "open") return { kind: "probe" };
  if (!caller.released && isBacklogFirst(circuit)) return { kind: "hold", untilMs: nowMs };
  return { kind: "go" };
}

/** Held deliveries wait and their release is still being tried out: newcomers line up behind them. */
const isBacklogFirst = ({ holding, release }: Circuit): boolean =>
  holding !== undefined && holding.emptySinceMs === undefined && release?.growing !== false;

/** Takes the lease for the one call that is made while the circuit is open; undefined when it is not to be had. */
export function takeProbe(circuit: Circuit, nowMs: number, by?: string): Circuit | undefined {
  if (gate(circuit, nowMs, { released: true, ...(by === undefined ? {} : { by }) }).kind !== "probe")
    return undefined;
  const { probeBy: _, ...rest } = circuit;
  const probeUntilMs = nowMs + PROBE_TAKES_AT_MOST_MS;
  return { ...rest, probeUntilMs, ...(by === undefined ? {} : { probeBy: by }) };
}

/** No call was made under the lease, or it says nothing about the partner: somebody else may try. */
export function returnProbe(circuit: Circuit): Circuit | undefined {
  if (circuit.probeUntilMs === undefined) return undefined;
  const { probeUntilMs: _, probeBy: __, ...rest } = circuit;
  return rest;
}

/** What a failed call says about the partner; failures that say something about the message only are not reported. */
export type Trouble =
  /** It failed, and may work again at any moment. */
  | { readonly kind: "transient"; readonly description: string }
  /** It cannot work for anybody, whatever is asked (a wrong key, a wrong address): opens at once. */
  | { readonly kind: "dependency-down"; readonly description: string }
  /** It is fine and asks for time: nobody calls until then, and it never opens because of that. */
  | { readonly kind: "throttled"; readonly retryAfterMs?: number; readonly description: string };

export interface Call {
  /** It was made under the lease of `takeProbe`. */
  readonly probe: boolean;
}

export function afterTrouble(
  circuit: Circuit,
  trouble: Trouble,
  { probe }: Call,
  nowMs: number,
  policy: CircuitPolicy,
): Circuit | undefined {
  if (trouble.kind === "throttled") return afterThrottle(circuit, trouble, { probe }, nowMs);
  if (circuit.state === "open") {
    // Calls that were under way when it opened say nothing new.
    return probe ? opened(circuit, trouble.description, nowMs, policy) : undefined;
  }
  const counted: Circuit = {
    ...circuit,
    consecutive: circuit.consecutive + 1,
    recent: counting(circuit.recent, nowMs, { successes: 0, failures: 1 }),
    ...(circuit.release === undefined ? {} : { release: { ...circuit.release, troubled: true } }),
    lastFailure: brief(trouble.description),
  };
  if (trouble.kind === "transient" && !isTooMuch(counted)) return counted;
  return opened(counted, trouble.description, nowMs, policy);
}

function isTooMuch({ consecutive, recent }: Circuit): boolean {
  const failures = recent.reduce((sum, slice) => sum + slice.failures, 0);
  const calls = recent.reduce((sum, slice) => sum + slice.failures + slice.successes, 0);
  return consecutive >= CONSECUTIVE_FAILURES || (calls >= ENOUGH_CALLS && failures >= calls * FAILED_SHARE);
}

function opened(circuit: Circuit, description: string, nowMs: number, policy: CircuitPolicy): Circuit {
  const { probeUntilMs: _, probeBy: __, release: ___, ...rest } = circuit;
  const openings = circuit.openings + 1;
  const openMs = Math.min(policy.openCapMs, policy.openMs * 2 ** Math.min(openings - 1, 30));
  return {
    ...rest,
    state: "open",
    sinceMs: circuit.state === "open" ? circuit.sinceMs : nowMs,
    openings,
    probeAtMs: nowMs + openMs,
    lastFailure: brief(description),
  };
}

/** The partner answered, so it is there: a throttled probe closes the circuit, and everybody waits as it asked. */
function afterThrottle(
  circuit: Circuit,
  { retryAfterMs = BLOCK_MS, description }: Extract<Trouble, { kind: "throttled" }>,
  { probe }: Call,
  nowMs: number,
): Circuit | undefined {
  const reached = circuit.state === "open" && probe ? closed(circuit, nowMs) : circuit;
  const untilMs = nowMs + Math.min(Math.max(retryAfterMs, SECOND), LONGEST_BLOCK_MS);
  const isKnown = reached === circuit && (circuit.blockedUntilMs ?? 0) >= untilMs - SECOND / 2;
  if (isKnown && reached.release?.troubled !== false) return undefined;
  return {
    ...reached,
    blockedUntilMs: Math.max(reached.blockedUntilMs ?? 0, untilMs),
    ...(reached.release === undefined ? {} : { release: { ...reached.release, troubled: true } }),
    lastFailure: brief(description),
  };
}

/** Undefined when it changes nothing, which is the steady state: success costs no write then. */
export function afterSuccess(
  circuit: Circuit,
  { probe, count = 1 }: Call & { readonly count?: number },
  nowMs: number,
): Circuit | undefined {
  if (circuit.state === "open") return probe ? closed(circuit, nowMs) : undefined;
  const recent = counting(circuit.recent, nowMs, { successes: count, failures: 0 });
  const isTrusted = !recent.some(({ failures }) => failures > 0);
  const { consecutive, release } = circuit;
  const isNews = consecutive > 0 || circuit.recent.length > 0 || release?.succeeded === false;
  if (!isNews) return undefined;
  return {
    ...circuit,
    consecutive: 0,
    recent: isTrusted ? [] : recent,
    ...(release === undefined ? {} : { release: { ...release, succeeded: true } }),
  };
}

/** What waits follows slowly at first; `openings` stays until the full rate is borne, so that a relapse waits longer. */
function closed(circuit: Circuit, nowMs: number): Circuit {
  const { probeAtMs: _, probeUntilMs: __, probeBy: ___, blockedUntilMs: ____, ...rest } = circuit;
  const quiet = circuit.holding === undefined;
  return {
    ...rest,
    state: "closed",
    sinceMs: nowMs,
    consecutive: 0,
    recent: [],
    openings: quiet ? 0 : circuit.openings,
  };
}

function counting(
  recent: Circuit["recent"],
  nowMs: number,
  add: { readonly successes: number; readonly failures: number },
): Circuit["recent"] {
  const slices = recent.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
  const last = slices.at(-1);
  if (last === undefined || nowMs >= last.atMs + SLICE_MS) return [...slices, { atMs: nowMs, ...add }];
  const { atMs, successes, failures } = last;
  const grown = { atMs, successes: successes + add.successes, failures: failures + add.failures };
  return [...slices.slice(0, -1), grown];
}

/** Nothing went wrong lately and nothing waits: a success need not be told to anybody. */
export const isPristine = ({ state, consecutive, recent, release }: Circuit): boolean =>
  state === "closed" && consecutive === 0 && recent.length === 0 && release === undefined;

const brief = (description: string): string => description.slice(0, 200);
