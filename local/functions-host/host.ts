import { realClock } from "../clock/clock.ts";
import type { PartOptions, RunningPart } from "../part.ts";
import { type HostJson, readHostJson } from "./app/host-json.ts";
import {
  type HttpFunction,
  type IndexedFunction,
  indexFunctions,
  type TimerFunction,
} from "./app/index-functions.ts";
import { Bindings } from "./bindings/bindings.ts";
import { logFailure } from "./failure-log.ts";
import { FrontEnd } from "./http/front-end.ts";
import { DEFAULT_BODY_LIMIT_BYTES } from "./http/request-body.ts";
import { forkedWorkers } from "./pool/forked-worker.ts";
import { inProcessWorkers } from "./pool/in-process-worker.ts";
import { InvocationFailure } from "./pool/worker-failure.ts";
import { WorkerGroup } from "./pool/worker-group.ts";
import { HostRefusal } from "./refusal.ts";
import { isDisabled, type Settings } from "./settings.ts";
import { hostId } from "./host-id.ts";
import { Triggers } from "./triggers.ts";
import type { InvocationRequest, InvocationResponse, RegisteredFunction } from "./worker/wire.ts";

export interface FunctionsHostOptions extends PartOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Folder with package.json (whose `main` names the entry files) and host.json. */
  readonly appRoot: string;
  /** The app settings: environment of the workers, and where bindings look up connections and %NAMES%. */
  readonly settings: Settings;
  /** Runs the app inside this process, for unit tests and debugging. */
  readonly inProcess?: boolean;
  /** Worker processes for HTTP functions; 1 unless said otherwise. */
  readonly httpWorkers?: number;
  /** Upper limit of worker processes for all other functions. Not yet scaled: 1 is what runs. */
  readonly maxWorkers?: number;
  /** How long functions may go on when the host stops; 10 s unless said otherwise. */
  readonly drainMs?: number;
  /** How often a worker may crash within half an hour before its restarts are delayed; 3 unless said otherwise, as on Azure. */
  readonly freeRestarts?: number;
  /** Arguments for the worker processes' Node, such as `--inspect`. */
  readonly workerExecArgv?: readonly string[];
}

export interface FunctionsHost extends RunningPart {
  readonly port: number;
  readonly url: string;
  /** Process ids of the workers that are up. */
  workers(): number[];
}

/** Background work yields to requests; on Azure they would run on different machines. */
const BACKGROUND_NICENESS = 5;

const DRAIN_MS = 10_000;

/** How long the end may wait for answers of a broker, which may itself be gone. */
const SETTLE_MS = 3000;

/**
 * Starts the host: loads the app, opens the HTTP port, begins to listen and to run timers.
 *
 * @throws HostRefusal when the app cannot be loaded or asks for something this host does not do.
 */
export async function startFunctionsHost(options: FunctionsHostOptions): Promise<FunctionsHost> {
  const host = new Host(options);
  try {
    return await host.start();
  } catch (error) {
    await host.stop();
    throw error;
  }
}

class Host {
  readonly #options: FunctionsHostOptions;
  readonly #hostJson: HostJson;
  readonly #groups = new Map<"http" | "background", WorkerGroup>();
  #triggers: Triggers | undefined;
  #bindings: Bindings | undefined;
  #frontEnd: FrontEnd | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: FunctionsHostOptions) {
    this.#options = options;
    this.#hostJson = readHostJson(options.appRoot);
  }

  async start(): Promise<FunctionsHost> {
    const startedAtMs = this.#options.clock.now();
    const functions = await this.#loadApp();
    const { serviceBus } = this.#hostJson.extensions;
    this.#bindings = new Bindings(functions, { serviceBus, clock: this.#options.clock });
    const port = await this.#openFrontEnd(functions.filter(isHttp), startedAtMs);
    const url = `http://localhost:${port}`;
    this.#announce(functions, url);
    await this.#listen(functions);
    this.#options.log("functions host ready", {
      url,
      functions: functions.length,
      startMs: this.#options.clock.now() - startedAtMs,
    });
    return {
      port,
      url,
      workers: () => [...this.#groups.values()].flatMap((group) => group.pids()),
      stop: () => this.stop(),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #loadApp(): Promise<IndexedFunction[]> {
    const http = this.#startGroup("http", this.#options.httpWorkers ?? 1, 0);
    // Both at once, before it is known who has work: loading an app costs more than dropping a worker.
    const background = this.#options.inProcess
      ? Promise.resolve()
      : this.#startGroup("background", 1, BACKGROUND_NICENESS);
    const [registered] = await Promise.all([http, background]);
    const functions = indexFunctions(registered, this.#options.settings).filter(
      ({ name }) => !isDisabled(name, this.#options.settings),
    );
    if (!this.#options.inProcess) await this.#dropIdleGroups(functions);
    return functions;
  }

  #startGroup(
    name: "http" | "background",
    size: number,
    niceness: number,
  ): Promise<readonly RegisteredFunction[]> {
    const { appRoot, settings, log, inProcess, workerExecArgv, freeRestarts } = this.#options;
    const launch = inProcess
      ? inProcessWorkers(appRoot, settings)
      : forkedWorkers({ appRoot, settings, niceness, execArgv: workerExecArgv ?? [] });
    const timeoutMs = this.#hostJson.functionTimeout;
    // Processes start, run and hang in real time; a hand-driven clock that jumps an hour must not kill them.
    const group = new WorkerGroup({ name, size, launch, clock: realClock, log, timeoutMs, freeRestarts });
    this.#groups.set(name, group);
    return group.start();
  }

  async #dropIdleGroups(functions: readonly IndexedFunction[]): Promise<void> {
    const needed = { http: functions.some(isHttp), background: functions.some((each) => !isHttp(each)) };
    for (const [name, group] of this.#groups) {
      if (needed[name]) continue;
      this.#groups.delete(name);
      await group.stop();
    }
  }

  async #openFrontEnd(functions: readonly HttpFunction[], startedAtMs: number): Promise<number> {
    const { clock, log, settings, port } = this.#options;
    this.#frontEnd = new FrontEnd({
      functions,
      http: this.#hostJson.extensions.http,
      bodyLimitBytes: bodyLimit(settings),
      state: {
        startedAtMs,
        now: () => clock.now(),
        state: () => (this.#stopping === undefined ? "Running" : "Offline"),
      },
      log,
      invoke: (request) => this.#invoke("http", request),
    });
    return this.#frontEnd.listen(port);
  }

  async #listen(functions: readonly IndexedFunction[]): Promise<void> {
    const { appRoot, settings, clock, log, dataFolder } = this.#options;
    const invoke = (request: InvocationRequest): Promise<InvocationResponse> =>
      this.#invoke("background", request);
    this.#triggers = new Triggers(functions, {
      hostJson: this.#hostJson,
      settings,
      hostId: hostId(settings, appRoot),
      dataFolder,
      clock,
      log,
      invoke,
    });
    await this.#triggers.start();
  }

  async #invoke(wanted: "http" | "background", request: InvocationRequest): Promise<InvocationResponse> {
    const group = this.#groups.get(wanted) ?? this.#groups.get("http");
    if (group === undefined) throw new InvocationFailure("no-worker", "the host is stopping");
    try {
      const invoke = (whole: InvocationRequest): Promise<InvocationResponse> => group.invoke(whole);
      return await (this.#bindings?.around(request, invoke) ?? invoke(request));
    } catch (error) {
      logFailure(this.#options.log, this.#options.appRoot, request, error);
      throw error;
    }
  }

  #announce(functions: readonly IndexedFunction[], url: string): void {
    const prefix = this.#hostJson.extensions.http.routePrefix;
    for (const each of functions) {
      const { name, trigger } = each;
      const where = isHttp(each)
        ? `${each.methods.join(",")} ${url}/${[prefix, each.route].filter((part) => part !== "").join("/")}`
        : isTimer(each)
          ? each.schedule
          : Object.values(each.entity).join("/");
      this.#options.log("function", { name, trigger, where });
    }
  }

  /** Listeners first, then whatever runs, then the workers: nothing new begins while something ends. */
  async #stop(): Promise<void> {
    const drainMs = this.#options.drainMs ?? DRAIN_MS;
    const drained = Promise.all([this.#frontEnd?.drain(drainMs), this.#triggers?.stop()]);
    await Promise.race([drained, delay(drainMs)]);
    // What is still running fails now; its messages are abandoned before the connections close.
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    await Promise.race([drained, delay(SETTLE_MS)]);
    this.#frontEnd?.close();
    await Promise.race([Promise.all([this.#triggers?.close(), this.#bindings?.close()]), delay(SETTLE_MS)]);
  }
}

const isHttp = (each: IndexedFunction): each is HttpFunction => each.trigger === "http";
const isTimer = (each: IndexedFunction): each is TimerFunction => each.trigger === "timer";

/** In real time: draining waits for real work. Leaves no timer behind that would keep the process alive. */
const delay = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

function bodyLimit(settings: Settings): number {
  const text = settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"];
  if (text === undefined) return DEFAULT_BODY_LIMIT_BYTES;
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new HostRefusal(
    "setting-missing",
    `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is "${text}", not a number of bytes`,
  );
}
