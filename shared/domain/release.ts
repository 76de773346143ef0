import type { Circuit } from "#shared/contracts/circuit.ts";

const SECOND = 1000;
const SLOWEST_PER_SECOND = 1;
/** Of the partner's own limit; the rest is for what is new. */
const SHARE_OF_LIMIT = 0.8;
/** For partners that tell no limit; throttling and failures bring it down to what they bear. */
const UNLIMITED_PER_SECOND = 100;
/** The rate begins at this part of the full one, and doubles. */
const BEGIN_AT = 1 / 16;
/** No more is released ahead, so that a change of the rate takes effect soon; the timer must run at least so often. */
const FURTHEST_AHEAD_MS = 20 * SECOND;
/** Longer than anybody may know an outdated circuit, so that nobody holds a delivery that is never looked for. */
const EMPTY_FOR_MS = 60 * SECOND;

/** How fast held deliveries may go out at most. */
export const fullRate = (limitPerSecond: number | undefined): number =>
  limitPerSecond === undefined ? UNLIMITED_PER_SECOND : limitPerSecond * SHARE_OF_LIMIT;

/** To be told before a held delivery's message is completed. Undefined when it is known already. */
export function noteHeld(circuit: Circuit, nowMs: number): Circuit | undefined {
  if (circuit.holding !== undefined && circuit.holding.emptySinceMs === undefined) return undefined;
  return { ...circuit, holding: { sinceMs: circuit.holding?.sinceMs ?? nowMs } };
}

/** To be told when no delivery is held any more. Undefined when it is known already. */
export function noteEmpty(circuit: Circuit, nowMs: number): Circuit | undefined {
  const { holding, release: _, ...rest } = circuit;
  if (holding === undefined) return undefined;
  if (holding.emptySinceMs === undefined) {
    return { ...circuit, holding: { ...holding, emptySinceMs: nowMs } };
  }
  if (nowMs < holding.emptySinceMs + EMPTY_FOR_MS) return undefined;
  return circuit.state === "open" ? rest : { ...rest, openings: 0 };
}

/** `count` deliveries, the first one at `fromMs` and the others `paceMs` apart. */
export interface Release {
  readonly circuit: Circuit;
  readonly count: number;
  readonly fromMs: number;
  readonly paceMs: number;
}

/**
 * How many of the held deliveries may follow now. The rate begins low, doubles while calls succeed and halves when one
 * has failed, up to the full rate; it stays as it is while nothing is heard. As much is released ahead as time went by
 * since the last release, never before those of the last one are out: so it never adds up to more than the rate.
 * Undefined when none may go: the circuit is not closed, everybody waits, or it is too early.
 */
export function nextRelease(
  circuit: Circuit,
  nowMs: number,
  limitPerSecond: number | undefined,
): Release | undefined {
  const { state, blockedUntilMs = 0, release } = circuit;
  if (state === "open" || blockedUntilMs > nowMs) return undefined;
  const full = fullRate(limitPerSecond);
  const perSecond = Math.min(nextRate(release, full), full);
  const paceMs = SECOND / perSecond;
  const sinceMs = nowMs - (release?.setAtMs ?? circuit.sinceMs);
  const aheadMs = Math.max(paceMs, Math.min(Math.max(sinceMs, SECOND), FURTHEST_AHEAD_MS));
  const fromMs = Math.max(nowMs, release?.untilMs ?? 0);
  const count = Math.floor((nowMs + aheadMs - fromMs) / paceMs);
  if (count < 1) return undefined;
  const growing = perSecond < full;
  return {
    count,
    fromMs,
    paceMs,
    circuit: {
      ...circuit,
      openings: growing ? circuit.openings : 0,
      release: {
        perSecond,
        setAtMs: nowMs,
        succeeded: false,
        troubled: false,
        untilMs: fromMs + count * paceMs,
        growing,
      },
    },
  };
}

/** The circuit after a release of fewer deliveries than were allowed: the time of the others is not used up. */
export function usingOnly({ circuit, fromMs, paceMs }: Release, count: number): Circuit {
  const { release } = circuit;
  if (release === undefined) return circuit;
  return { ...circuit, release: { ...release, untilMs: fromMs + count * paceMs } };
}

function nextRate(release: Circuit["release"], full: number): number {
  if (release === undefined) return Math.max(SLOWEST_PER_SECOND, full * BEGIN_AT);
  const { perSecond, troubled, succeeded } = release;
  if (troubled) return Math.max(SLOWEST_PER_SECOND, perSecond / 2);
  return succeeded ? perSecond * 2 : perSecond;
}
