import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import { HostRefusal } from "../refusal.ts";
import type {
  FromWorker,
  InvocationRequest,
  InvocationResponse,
  RegisteredFunction,
  WireError,
} from "../worker/wire.ts";
import type { RestartPolicy } from "./restart-policy.ts";
import { RunningWorker } from "./running-worker.ts";
import { InvocationFailure } from "./worker-failure.ts";
import type { LaunchWorker } from "./worker-link.ts";
import { WaitingLine } from "./waiting-line.ts";

export type Invoke = (request: InvocationRequest) => Promise<InvocationResponse>;

/** What one instance listens to on behalf of its functions. On Azure these live in the instance's host process. */
export interface Listeners {
  start(): Promise<void>;
  /** Takes nothing more; resolves when everything under way is settled. */
  stop(): Promise<void>;
  /** Drops whatever is left. */
  close(): Promise<void>;
}

export interface InstanceOptions {
  /** For the log: "http", "background", "function:stock". */
  readonly group: string;
  readonly launch: LaunchWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number | undefined;
  readonly restarts: RestartPolicy;
  /** Called when its worker became ready, or could not be started. */
  readonly changed: () => void;
}

/** How long an invocation may wait for a worker to come up before it fails. */
export const WAIT_FOR_WORKER_MS = 30_000;

/** On WorkerTerminate Azure gives an app five seconds. */
const TERMINATE_GRACE_MS = 5000;

/** How long the end may wait for answers of a broker, which may itself be gone. */
const SETTLE_MS = 3000;

/** What a worker tells of itself once it has loaded the app. */
export interface LoadedApp {
  readonly functions: readonly RegisteredFunction[];
  readonly capabilities: Readonly<Record<string, string>>;
}

/**
 * One instance of the app, as a machine of its own would be on Azure: a worker with the listeners that feed it.
 * A worker that dies is started again in the same instance, and what its listeners receive meanwhile waits.
 *
 * loading -> up -> (worker restarting -> up)* -> draining -> gone
 */
export class Instance {
  readonly #options: InstanceOptions;
  readonly #loaded = Promise.withResolvers<LoadedApp>();
  #worker: RunningWorker | undefined;
  #app: LoadedApp | undefined;
  #listeners: Listeners | undefined;
  #quiet: Promise<void> | undefined;
  #relaunch: ScheduledCall | undefined;
  readonly #waiting: WaitingLine;
  #ending = false;

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#waiting = new WaitingLine(options.clock);
    // Not everybody waits for it: who is dropped before it is loaded fails in silence.
    this.#loaded.promise.catch(() => undefined);
    this.#launch();
  }

  /** Rejects with a HostRefusal when the app cannot be loaded. */
  get loaded(): Promise<LoadedApp> {
    return this.#loaded.promise;
  }

  get app(): LoadedApp | undefined {
    return this.#app;
  }

  get pid(): number | undefined {
    return this.#worker?.pid;
  }

  get isReady(): boolean {
    return !this.#ending && this.#worker?.isReady === true;
  }

  get isDraining(): boolean {
    return this.#ending;
  }

  /** How many invocations run right now. */
  get load(): number {
    return this.#worker?.load ?? 0;
  }

  /** Opens what feeds it; called once, when it is loaded. */
  async listen(open: (invoke: Invoke) => Listeners): Promise<void> {
    this.#listeners = open((request) => this.invoke(request));
    await this.#listeners.start();
  }

  /** Rejects with an `InvocationFailure`. Also works while draining, for what its own listeners still hold. */
  invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const worker = this.#worker;
    return worker?.isReady === true ? worker.invoke(request) : this.#invokeLater(request);
  }

  /** Its listeners take nothing more; resolves when everything they had is settled. */
  quiesce(): Promise<void> {
    this.#quiet ??= this.#listeners?.stop() ?? Promise.resolve();
    return this.#quiet;
  }

  /** Takes nothing new, finishes what runs for at most `patienceMs`, then ends. */
  async drain(patienceMs: number): Promise<void> {
    this.#ending = true;
    const drained = Promise.all([this.quiesce(), this.#worker?.idle()]);
    await within(drained, patienceMs);
    this.#relaunch?.cancel();
    // What still runs fails now; its messages are abandoned before the connections close.
    const worker = this.#worker;
    this.#worker = undefined;
    this.#waiting.wakeAll();
    this.#loaded.reject(new HostRefusal("app-not-loadable", "dropped before the app was loaded"));
    await worker?.stop(worker.isReady ? TERMINATE_GRACE_MS : 0);
    await within(drained, SETTLE_MS);
    await within(this.#listeners?.close(), SETTLE_MS);
  }

  async #invokeLater(request: InvocationRequest): Promise<InvocationResponse> {
    const { clock, group } = this.#options;
    const deadline = clock.now() + WAIT_FOR_WORKER_MS;
    for (;;) {
      const worker = this.#worker;
      if (worker?.isReady === true) return worker.invoke(request);
      if (this.#ending || clock.now() >= deadline) {
        throw new InvocationFailure("no-worker", `no worker of group "${group}" is up`);
      }
      await this.#waiting.changeOrTime(deadline - clock.now());
    }
  }

  #launch(): void {
    const { launch, clock, timeoutMs } = this.#options;
    const worker: RunningWorker = new RunningWorker(
      { launch, clock, timeoutMs },
      {
        ready: (app) => this.#ready(worker, app),
        startFailed: (error) => this.#startFailed(worker, error),
        log: (line) => this.#log(line),
        exit: (how) => this.#exited(worker, how),
      },
    );
    this.#worker = worker;
  }

  #ready(worker: RunningWorker, app: LoadedApp): void {
    const { group, log, changed } = this.#options;
    if (this.#app !== undefined) log("worker restarted", { group, pid: worker.pid });
    this.#app = app;
    this.#loaded.resolve(app);
    this.#waiting.wakeAll();
    changed();
  }

  #startFailed(worker: RunningWorker, error: WireError): void {
    const { group, log } = this.#options;
    const message = `the function app could not be loaded: ${error.stack ?? error.message}`;
    if (this.#app === undefined) this.#loaded.reject(new HostRefusal("app-not-loadable", message));
    else log("app failed to load", { group, error: error.message });
    worker.kill();
  }

  #exited(worker: RunningWorker, how: string): void {
    const { group, clock, log, restarts, changed } = this.#options;
    if (this.#worker !== worker) return;
    if (this.#app === undefined) {
      this.#worker = undefined;
      this.#ending = true;
      this.#loaded.reject(new HostRefusal("app-not-loadable", `the first worker ended at once: ${how}`));
      this.#waiting.wakeAll();
      changed();
      return;
    }
    const delayMs = restarts.delayAfterCrashMs();
    log("worker exited", { group, pid: worker.pid, how, restartInMs: delayMs });
    this.#relaunch = clock.schedule(delayMs, () => this.#launch());
  }

  #log(line: Extract<FromWorker, { kind: "log" }>): void {
    const { message, level, category, functionName, invocationId } = line;
    const { log, group } = this.#options;
    if (functionName === undefined) log("worker output", { group, level, category, message });
    else log("function log", { function: functionName, invocation: invocationId, level, message });
  }
}

/** In real time: draining waits for real work. Leaves no timer behind that would keep the process alive. */
export async function within(work: Promise<unknown> | undefined, patienceMs: number): Promise<void> {
  if (work === undefined) return;
  const patience = Promise.withResolvers<void>();
  const timer = setTimeout(patience.resolve, patienceMs);
  timer.unref();
  try {
    await Promise.race([work, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}
