import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import { HostRefusal } from "../refusal.ts";
import type {
  FromWorker,
  InvocationRequest,
  InvocationResponse,
  RegisteredFunction,
  WireError,
} from "../worker/wire.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { RunningWorker } from "./running-worker.ts";
import { InvocationFailure } from "./worker-failure.ts";
import type { LaunchWorker } from "./worker-link.ts";

export interface WorkerGroupOptions {
  /** For the log: "http", "background". */
  readonly name: string;
  readonly size: number;
  readonly launch: LaunchWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number | undefined;
  /** Per worker; see `RestartPolicy`. */
  readonly freeRestarts?: number | undefined;
}

/** How long an invocation may wait for a worker to come up before it fails. */
const WAIT_FOR_WORKER_MS = 30_000;

/** On WorkerTerminate Azure gives an app five seconds. */
export const TERMINATE_GRACE_MS = 5000;

/**
 * The workers that run one group of functions. Keeps `size` of them alive; an invocation goes to the least
 * loaded and, while none is up, waits.
 */
export class WorkerGroup {
  readonly #options: WorkerGroupOptions;
  readonly #restarts: RestartPolicy;
  readonly #workers = new Set<RunningWorker>();
  readonly #firstReady = Promise.withResolvers<readonly RegisteredFunction[]>();
  #waiting: { wake: () => void }[] = [];
  #started = false;
  #stopping = false;

  constructor(options: WorkerGroupOptions) {
    this.#options = options;
    this.#restarts = new RestartPolicy(options.clock, options.size, options.freeRestarts);
  }

  /** Resolves with the app's functions once the first worker is up; rejects when the app cannot be loaded. */
  start(): Promise<readonly RegisteredFunction[]> {
    for (let count = 0; count < this.#options.size; count += 1) this.#launch();
    return this.#firstReady.promise;
  }

  pids(): number[] {
    return [...this.#workers].map((worker) => worker.pid);
  }

  /** How many invocations run right now. */
  get load(): number {
    let load = 0;
    for (const worker of this.#workers) load += worker.load;
    return load;
  }

  /** Rejects with an `InvocationFailure`. */
  invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const worker = this.#leastLoaded();
    return worker === undefined ? this.#invokeLater(request) : worker.invoke(request);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#workers].map((worker) => worker.stop(TERMINATE_GRACE_MS)));
    this.#wakeAll();
  }

  async #invokeLater(request: InvocationRequest): Promise<InvocationResponse> {
    const deadline = this.#options.clock.now() + WAIT_FOR_WORKER_MS;
    for (;;) {
      const worker = this.#leastLoaded();
      if (worker !== undefined) return worker.invoke(request);
      const patienceMs = deadline - this.#options.clock.now();
      if (this.#stopping || patienceMs <= 0) {
        throw new InvocationFailure("no-worker", `no worker of group "${this.#options.name}" is up`);
      }
      await this.#workerOrTime(patienceMs);
    }
  }

  #workerOrTime(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const call = this.#options.clock.schedule(patienceMs, resolve);
      this.#waiting.push({
        wake: () => {
          call.cancel();
          resolve();
        },
      });
    });
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.wake();
  }

  #leastLoaded(): RunningWorker | undefined {
    let best: RunningWorker | undefined;
    for (const worker of this.#workers) {
      if (worker.isReady && (best === undefined || worker.load < best.load)) best = worker;
    }
    return best;
  }

  #launch(): void {
    const { launch, clock, timeoutMs } = this.#options;
    const worker: RunningWorker = new RunningWorker(
      { launch, clock, timeoutMs },
      {
        ready: (functions) => this.#ready(worker, functions),
        startFailed: (error) => this.#startFailed(worker, error),
        log: (line) => this.#log(line),
        exit: (how) => this.#exited(worker, how),
      },
    );
    this.#workers.add(worker);
  }

  #ready(worker: RunningWorker, functions: readonly RegisteredFunction[]): void {
    if (this.#started) this.#options.log("worker restarted", { group: this.#options.name, pid: worker.pid });
    this.#started = true;
    this.#firstReady.resolve(functions);
    this.#wakeAll();
  }

  #startFailed(worker: RunningWorker, error: WireError): void {
    const message = `the function app could not be loaded: ${error.stack ?? error.message}`;
    if (!this.#started) this.#firstReady.reject(new HostRefusal("app-not-loadable", message));
    else this.#options.log("app failed to load", { group: this.#options.name, error: error.message });
    worker.kill();
  }

  #exited(worker: RunningWorker, how: string): void {
    this.#workers.delete(worker);
    if (this.#stopping) return;
    const { name: group, clock, log } = this.#options;
    if (!this.#started) {
      this.#firstReady.reject(new HostRefusal("app-not-loadable", `the first worker ended at once: ${how}`));
      return;
    }
    const delayMs = this.#restarts.delayAfterCrashMs();
    log("worker exited", { group, pid: worker.pid, how, restartInMs: delayMs });
    clock.schedule(delayMs, () => {
      if (!this.#stopping) this.#launch();
    });
  }

  #log(line: Extract<FromWorker, { kind: "log" }>): void {
    const { message, level, category, functionName, invocationId } = line;
    if (functionName === undefined) {
      this.#options.log("worker output", { group: this.#options.name, level, category, message });
    } else
      this.#options.log("function log", { function: functionName, invocation: invocationId, level, message });
  }
}
