/**
 * How many instances a group of functions should have: pure, so that a square wave of an hour is a test of
 * milliseconds.
 *
 * The target of one function is `ceil(active / concurrency)`, as Azure's target-based scaling has it, and a group
 * follows the hungriest of its functions. Around that lie a band and a window: one more instance is worth starting only
 * when the backlog is a tenth more than the present ones hold, one fewer will do only when a tenth less would fit, and
 * going in means that this was so for a whole window. To nothing a group goes only after a longer time without any work.
 */

/** What one function has to do. */
export interface Demand {
  /** The function's name; "http" for all HTTP functions together. */
  readonly source: string;
  /** Messages waiting or being worked on, requests under way; undefined when nobody could say. */
  readonly active: number | undefined;
  /** How many of them one instance takes at a time. */
  readonly concurrency: number;
}

export interface GroupView {
  readonly instances: number;
  readonly demands: readonly Demand[];
  /** Something runs that no demand shows, such as a timer. */
  readonly busy: boolean;
}

export interface GroupLimits {
  /** Always ready. */
  readonly min: number;
  readonly max: number;
}

export interface ScalePace {
  /** A group shrinks to the most it needed in this time. */
  readonly scaleInAfterMs: number;
  /** A group without any work keeps its last instance this long. */
  readonly toZeroAfterMs: number;
}

interface Need {
  readonly atMs: number;
  /** With which number of instances the work would fit even with a tenth of room to spare. */
  readonly instances: number;
}

export interface ScaleMemory {
  /** Falling numbers only: what is smaller than a later need can never be the most of a window that holds both. */
  readonly needs: readonly Need[];
  /** Since when every look has been possible; a window begins here. */
  readonly knownSinceMs: number | undefined;
  readonly idleSinceMs: number | undefined;
}

export const NOTHING_KNOWN: ScaleMemory = { needs: [], knownSinceMs: undefined, idleSinceMs: undefined };

export interface Decision {
  readonly target: number;
  /** For people. */
  readonly reason: string;
  readonly memory: ScaleMemory;
}

const BAND = 0.1;

const instancesFor = ({ active, concurrency }: Demand, room: number): number =>
  Math.ceil((active ?? 0) / (concurrency * room));

const most = (demands: readonly Demand[], room: number): number =>
  Math.max(0, ...demands.map((demand) => instancesFor(demand, room)));

const clamp = (count: number, { min, max }: GroupLimits): number => Math.min(max, Math.max(min, count));

export function decide(
  view: GroupView,
  limits: GroupLimits,
  pace: ScalePace,
  memory: ScaleMemory,
  nowMs: number,
): Decision {
  const { instances, demands } = view;
  const next = remember(view, pace, memory, nowMs);
  if (instances < limits.min || instances > limits.max) {
    return { target: clamp(instances, limits), reason: "limits", memory: next };
  }
  const isShort = most(demands, 1 + BAND) > instances;
  const change = isShort ? grow(view, limits) : shrink(view, limits, pace, next, nowMs);
  return { ...change, memory: next };
}

type Change = Omit<Decision, "memory">;

function grow({ instances, demands }: GroupView, limits: GroupLimits): Change {
  const target = Math.max(instances, clamp(most(demands, 1), limits));
  const [hungriest] = demands.toSorted((a, b) => instancesFor(b, 1) - instancesFor(a, 1));
  const why = `${hungriest?.source}: ${hungriest?.active} active / ${hungriest?.concurrency} per instance`;
  return { target, reason: target > instances ? why : `${why}, limit ${limits.max} reached` };
}

function shrink(
  { instances }: GroupView,
  limits: GroupLimits,
  pace: ScalePace,
  { needs, knownSinceMs, idleSinceMs }: ScaleMemory,
  nowMs: number,
): Change {
  if (knownSinceMs === undefined) return { target: instances, reason: "backlog unknown" };
  if (nowMs - knownSinceMs < pace.scaleInAfterMs) return { target: instances, reason: "looking" };
  const isIdle = idleSinceMs !== undefined && nowMs - idleSinceMs >= pace.toZeroAfterMs;
  const enough = isIdle ? 0 : Math.max(1, ...needs.map((need) => need.instances));
  const target = Math.min(instances, clamp(enough, limits));
  if (target === instances) return { target, reason: "enough" };
  const reason = isIdle
    ? `no work for ${pace.toZeroAfterMs / 1000} s`
    : `${target} were enough for ${pace.scaleInAfterMs / 1000} s`;
  return { target, reason };
}

function remember(
  { demands, busy }: GroupView,
  pace: ScalePace,
  memory: ScaleMemory,
  nowMs: number,
): ScaleMemory {
  if (demands.some(({ active }) => active === undefined)) return NOTHING_KNOWN;
  const instances = most(demands, 1 - BAND);
  const recent = memory.needs.filter(
    (need) => need.atMs > nowMs - pace.scaleInAfterMs && need.instances > instances,
  );
  const idle = instances === 0 && !busy;
  return {
    needs: [...recent, { atMs: nowMs, instances }],
    knownSinceMs: memory.knownSinceMs ?? nowMs,
    idleSinceMs: idle ? (memory.idleSinceMs ?? nowMs) : undefined,
  };
}
