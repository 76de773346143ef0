import type { Clock } from "../../clock/clock.ts";
import type { FromWorker, InvocationRequest, InvocationResponse, WireError } from "../worker/wire.ts";
import { InvocationFailure } from "./worker-failure.ts";
import type { LaunchWorker, WorkerLink } from "./worker-link.ts";

interface InFlight {
  readonly functionName: string;
  readonly startedAt: number;
  readonly resolve: (response: InvocationResponse) => void;
  readonly reject: (failure: InvocationFailure) => void;
}

export interface RunningWorkerEvents {
  ready(app: Extract<FromWorker, { kind: "ready" }>): void;
  startFailed(error: WireError): void;
  log(line: Extract<FromWorker, { kind: "log" }>): void;
  exit(how: string): void;
}

export interface RunningWorkerOptions {
  readonly launch: LaunchWorker;
  readonly clock: Clock;
  /** Undefined = none. */
  readonly timeoutMs: number | undefined;
}

/** One worker and what runs in it. Whatever ends the worker also ends, as failed, everything in flight. */
export class RunningWorker {
  readonly #options: RunningWorkerOptions;
  readonly #events: RunningWorkerEvents;
  readonly #link: WorkerLink;
  readonly #inFlight = new Map<string, InFlight>();
  readonly #gone = Promise.withResolvers<void>();
  #terminated: (() => void) | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  #watching = false;
  isReady = false;

  constructor(options: RunningWorkerOptions, events: RunningWorkerEvents) {
    this.#options = options;
    this.#events = events;
    this.#link = options.launch({
      message: (message) => this.#receive(message),
      exit: (how) => this.#exit(how),
    });
    this.#link.post({ kind: "begin" });
  }

  get pid(): number {
    return this.#link.pid;
  }

  /** How many invocations run right now. */
  get load(): number {
    return this.#inFlight.size;
  }

  invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<InvocationResponse>();
    const startedAt = this.#options.clock.now();
    this.#inFlight.set(request.invocationId, {
      functionName: request.functionName,
      startedAt,
      resolve,
      reject,
    });
    this.#link.post({ kind: "invoke", request });
    this.#watchTimeouts();
    return promise;
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    if (this.load === 0) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Runs the appTerminate hooks, for at most `graceMs`, then ends it. */
  async stop(graceMs: number): Promise<void> {
    const terminated = new Promise<void>((resolve) => (this.#terminated = resolve));
    this.#link.post({ kind: "terminate" });
    // Real time: the grace is for code that runs in real time, whatever clock the host has.
    const patience = Promise.withResolvers<void>();
    const timer = setTimeout(patience.resolve, graceMs);
    await Promise.race([terminated, this.#gone.promise, patience.promise]);
    clearTimeout(timer);
    this.#link.kill();
    await this.#gone.promise;
  }

  kill(): void {
    this.#link.kill();
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "done":
        this.#take(message.response.invocationId)?.resolve(message.response);
        break;
      case "failed": {
        const { error, invocationId } = message;
        this.#take(invocationId)?.reject(new InvocationFailure("app", error.message, error));
        break;
      }
      case "log":
        this.#events.log(message);
        break;
      case "ready":
        this.isReady = true;
        this.#events.ready(message);
        break;
      case "start-failed":
        this.#events.startFailed(message.error);
        break;
      case "terminated":
        this.#terminated?.();
        break;
    }
  }

  #take(invocationId: string): InFlight | undefined {
    const entry = this.#inFlight.get(invocationId);
    this.#inFlight.delete(invocationId);
    if (this.#idle !== undefined && this.load === 0) this.#becomeIdle();
    return entry;
  }

  #becomeIdle(): void {
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  #exit(how: string): void {
    this.isReady = false;
    for (const entry of this.#inFlight.values()) {
      entry.reject(new InvocationFailure("worker-lost", `the worker ended (${how}) while the function ran`));
    }
    this.#inFlight.clear();
    this.#becomeIdle();
    this.#gone.resolve();
    this.#events.exit(how);
  }

  /** The oldest invocation is the first of the map, so one scheduled call watches all of them. */
  #watchTimeouts(): void {
    const { timeoutMs, clock } = this.#options;
    if (timeoutMs === undefined || this.#watching) return;
    const oldest = this.#inFlight.entries().next().value;
    if (oldest === undefined) return;
    this.#watching = true;
    clock.schedule(oldest[1].startedAt + timeoutMs - clock.now(), () => {
      this.#watching = false;
      this.#endOverdue(timeoutMs);
      this.#watchTimeouts();
    });
  }

  /** There is no way to stop one function in Node: as on Azure the whole worker goes, neighbours included. */
  #endOverdue(timeoutMs: number): void {
    const oldest = this.#inFlight.entries().next().value;
    if (oldest === undefined || oldest[1].startedAt + timeoutMs > this.#options.clock.now()) return;
    const [invocationId, { functionName }] = oldest;
    const message = `function "${functionName}" ran longer than functionTimeout (${timeoutMs / 1000} s)`;
    // Before anybody hears of it: an abandoned message comes again within a millisecond, and must find the next worker.
    this.isReady = false;
    this.#take(invocationId)?.reject(new InvocationFailure("timeout", message));
    this.#link.kill();
  }
}
