import { randomUUID } from "node:crypto";
import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { TimerFunction } from "../app/index-functions.ts";
import type { Listener } from "../listener.ts";
import { childTrace } from "../trace-context.ts";
import { invokeWithRetries } from "../retry/invoke-with-retries.ts";
import type { InvocationRequest, InvocationResponse, RetryContext } from "../worker/wire.ts";
import { firesMoreThanOnceAMinute } from "./schedule.ts";
import { NEVER, type TimerStatus, type TimerStatusStore } from "./status.ts";

export interface TimerListenerOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly statuses: TimerStatusStore;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Runs one timer function: waiting -> running -> waiting. Runs never overlap, a run that takes longer than the
 * interval swallows the occurrences it covers, and a failed run waits for the next one like any other, unless the function
 * has a retry policy.
 */
export class TimerListener implements Listener {
  readonly #target: TimerFunction;
  readonly #options: TimerListenerOptions;
  readonly #monitored: boolean;
  #status: TimerStatus | undefined;
  #wait: ScheduledCall | undefined;
  #running: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(target: TimerFunction, options: TimerListenerOptions) {
    this.#target = target;
    this.#options = options;
    this.#monitored = target.useMonitor && !firesMoreThanOnceAMinute(target.occurrences, options.clock.now());
  }

  get functionName(): string {
    return this.#target.name;
  }

  /** Runs at once if an occurrence was missed while the host was down: several missed ones are one run. */
  async start(): Promise<void> {
    const now = this.#options.clock.now();
    if (!this.#monitored) {
      if (this.#target.runOnStartup) this.#run(false);
      else this.#waitFrom(now);
      return;
    }
    const status = await this.#recordedStatus(now);
    if (this.#stopping.signal.aborted) return;
    const isPastDue = now > Date.parse(status.Next);
    if (isPastDue || this.#target.runOnStartup) this.#run(isPastDue);
    else this.#waitUntil(Date.parse(status.Next));
  }

  /** No further runs; resolves when the current one is over. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wait?.cancel();
    await this.#running;
  }

  close(): Promise<void> {
    return this.stop();
  }

  /** What is on record, brought up to date when the schedule has been changed since. */
  async #recordedStatus(now: number): Promise<TimerStatus> {
    const recorded = await this.#options.statuses.read(this.#target.name);
    if (recorded === undefined) return this.#record(NEVER, this.#target.occurrences.next(now), now);
    const base = recorded.Last === NEVER ? recorded.LastUpdated : recorded.Last;
    const expected = this.#target.occurrences.next(Date.parse(base));
    if (expected === Date.parse(recorded.Next)) return (this.#status = recorded);
    return this.#record(recorded.Last, expected, Date.parse(recorded.LastUpdated));
  }

  async #record(last: string, nextMs: number, updatedMs: number): Promise<TimerStatus> {
    const status = { Last: last, Next: iso(nextMs), LastUpdated: iso(updatedMs) };
    this.#status = status;
    try {
      await this.#options.statuses.write(this.#target.name, status);
    } catch (error) {
      // The schedule goes on; a restart before the next run would find this one due again.
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log("timer status not written", { function: this.#target.name, error: message });
    }
    return status;
  }

  #waitFrom(now: number): void {
    this.#waitUntil(this.#target.occurrences.next(now));
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
      Schedule: { AdjustForDST: this.#target.occurrences.adjustForDst },
      ScheduleStatus: this.#monitored ? (this.#status ?? null) : null,
      IsPastDue: isPastDue,
    };
    const request = (retryContext: RetryContext | undefined): InvocationRequest => ({
      invocationId: randomUUID(),
      functionName: this.#target.name,
      inputData: [{ name: this.#target.triggerName, data: { json: JSON.stringify(timer) } }],
      triggerMetadata: {},
      traceContext: childTrace(undefined),
      ...(retryContext === undefined ? {} : { retryContext }),
    });
    const policy = this.#target.retry;
    const stopping = this.#stopping.signal;
    const ending = await invokeWithRetries(request, { policy, clock, invoke, stopping });
    // An interrupted run stays due: the next host finds it on record as missed.
    if (ending === "interrupted") return;
    if (this.#monitored)
      await this.#record(iso(startedAt), this.#target.occurrences.next(startedAt), startedAt);
    if (!stopping.aborted) this.#waitFrom(clock.now());
  }
}
