import { decide, NOTHING_KNOWN, type ScaleMemory } from "#local/functions-host/scale/decide.ts";

/** A consumer was away; now it is back, and orders go on arriving. */
export interface Backlog {
  readonly waiting: number;
  /** Messages per minute. */
  readonly arriving: number;
  /** How long one message takes, most of it waiting for a partner. */
  readonly messageMs: number;
  /** Messages that one instance works on at a time: `maxConcurrentCalls` of host.json. */
  readonly concurrency: number;
  /** Messages per instance that scaling aims at. */
  readonly messagesPerInstance: number;
  readonly mostInstances: number;
  /** From the decision to the first message. */
  readonly startMs: number;
}

export interface Moment {
  readonly minute: number;
  readonly waiting: number;
  readonly instances: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const PACE = { scaleInAfterMs: 5 * MINUTE_MS, toZeroAfterMs: 5 * MINUTE_MS };
const LOOK_EVERY_MS = 10 * SECOND_MS;

/**
 * Second by second, with the scaling decision of the embedded Functions host (target-based, as in Azure): what waits, and
 * how many instances work. Ends when nothing waits, or with the last minute.
 */
export function drain(backlog: Backlog, lastMinute: number): Moment[] {
  const { arriving, messageMs, concurrency, messagesPerInstance, mostInstances, startMs } = backlog;
  const perSecondEach = (concurrency * SECOND_MS) / messageMs;
  const moments: Moment[] = [];
  let { waiting } = backlog;
  let memory: ScaleMemory = NOTHING_KNOWN;
  let instances = 1;
  /** When each instance that was asked for begins to work. */
  let starting: number[] = [];
  for (let nowMs = 0; nowMs <= lastMinute * MINUTE_MS; nowMs += SECOND_MS) {
    if (nowMs % LOOK_EVERY_MS === 0) {
      moments.push({ minute: nowMs / MINUTE_MS, waiting: Math.round(waiting), instances });
      if (waiting < 1) break;
      const asked = instances + starting.length;
      const demands = [{ source: "queue", active: Math.ceil(waiting), concurrency: messagesPerInstance }];
      const view = { instances: asked, demands, busy: true };
      const decision = decide(view, { min: 1, max: mostInstances }, PACE, memory, nowMs);
      ({ memory } = decision);
      for (let more = asked; more < decision.target; more++) starting.push(nowMs + startMs);
      if (decision.target < instances) instances = decision.target;
    }
    instances += starting.filter((at) => at <= nowMs).length;
    starting = starting.filter((at) => at > nowMs);
    waiting = Math.max(0, waiting + arriving / 60 - instances * perSecondEach);
  }
  return moments;
}
