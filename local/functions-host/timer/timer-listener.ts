import { randomUUID } from "node:crypto";
import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { TimerFunction } from "../app/index-functions.ts";
import type { Listener } from "../listener.ts";
import { childTrace } from "../trace-context.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { firesMoreThanOnceAMinute, parseSchedule, type Schedule } from "./schedule.ts";
import { NEVER, type TimerStatus, type TimerStatusStore } from "./status-file.ts";

export interface TimerListenerOptions {
  readonly clock: Clock;
  readonly statuses: TimerStatusStore;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Runs one timer function: waiting -> running -> waiting. Runs never overlap, a run that takes longer than the
 * interval swallows the occurrences it covers, and a failed run waits for the next one like any other.
 */
export class TimerListener implements Listener {
  readonly #target: TimerFunction;
  readonly #options: TimerListenerOptions;
  readonly #schedule: Schedule;
  readonly #monitored: boolean;
  #status: TimerStatus | undefined;
  #wait: ScheduledCall | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(target: TimerFunction, options: TimerListenerOptions) {
    this.#target = target;
    this.#options = options;
    this.#schedule = parseSchedule(target.schedule, `function "${target.name}"`);
    this.#monitored = target.useMonitor && !firesMoreThanOnceAMinute(this.#schedule, options.clock.now());
  }

  get functionName(): string {
    return this.#target.name;
  }

  /** Runs at once if an occurrence was missed while the host was down: several missed ones are one run. */
  start(): Promise<void> {
    const now = this.#options.clock.now();
    if (!this.#monitored) {
      if (this.#target.runOnStartup) this.#run(false);
      else this.#waitFrom(now);
      return Promise.resolve();
    }
    const status = this.#recordedStatus(now);
    const isPastDue = now > Date.parse(status.Next);
    if (isPastDue || this.#target.runOnStartup) this.#run(isPastDue);
    else this.#waitUntil(Date.parse(status.Next));
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.stop();
  }

  /** No further runs; resolves when the current one is over. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wait?.cancel();
    await this.#running;
  }

  /** What is on record, brought up to date when the schedule has been changed since. */
  #recordedStatus(now: number): TimerStatus {
    const recorded = this.#options.statuses.read(this.#target.name);
    if (recorded === undefined) return this.#record(NEVER, this.#schedule.next(now), now);
    const base = recorded.Last === NEVER ? recorded.LastUpdated : recorded.Last;
    const expected = this.#schedule.next(Date.parse(base));
    if (expected === Date.parse(recorded.Next)) return (this.#status = recorded);
    return this.#record(recorded.Last, expected, Date.parse(recorded.LastUpdated));
  }

  #record(last: string, nextMs: number, updatedMs: number): TimerStatus {
    const status = { Last: last, Next: iso(nextMs), LastUpdated: iso(updatedMs) };
    this.#status = status;
    this.#options.statuses.write(this.#target.name, status);
    return status;
  }

  #waitFrom(now: number): void {
    this.#waitUntil(this.#schedule.next(now));
  }

  #waitUntil(atMs: number): void {
    const { clock } = this.#options;
    this.#wait = clock.schedule(atMs - clock.now(), () => {
      // A timer may fire a little early; running before the hour would make the same occurrence come twice.
      if (clock.now() < atMs) this.#waitUntil(atMs);
      else this.#run(false);
    });
  }

  #run(isPastDue: boolean): void {
    this.#running = this.#invoke(isPastDue);
  }

  async #invoke(isPastDue: boolean): Promise<void> {
    const { clock, invoke } = this.#options;
    const startedAt = clock.now();
    const timer = {
      Schedule: { AdjustForDST: this.#schedule.adjustForDst },
      ScheduleStatus: this.#monitored ? (this.#status ?? null) : null,
      IsPastDue: isPastDue,
    };
    try {
      await invoke({
        invocationId: randomUUID(),
        functionName: this.#target.name,
        inputData: [{ name: this.#target.triggerName, data: { json: JSON.stringify(timer) } }],
        triggerMetadata: {},
        traceContext: childTrace(undefined),
      });
    } catch {
      // Logged where it was noticed; the schedule goes on.
    }
    if (this.#monitored) this.#record(iso(startedAt), this.#schedule.next(startedAt), startedAt);
    if (!this.#stopped) this.#waitFrom(clock.now());
  }
}
