import { join } from "node:path";
import { realClock } from "../clock/clock.ts";
import { readHostJson } from "./app/host-json.ts";
import { Drain } from "./drain.ts";
import { Generation } from "./generation.ts";
import { administrationOf } from "./host-administration.ts";
import type { FunctionsHost, FunctionsHostOptions } from "./host-options.ts";
import { httpBackend, isHttp } from "./http/backend.ts";
import { FrontEnd } from "./http/front-end.ts";
import { bodyLimit } from "./http/request-body.ts";
import { Keys } from "./keys/keys.ts";
import { urlOf, whereIs } from "./where.ts";
import { hostId } from "./host-id.ts";
import { listenerContext, loggedFor } from "./listener-context.ts";
import { type Listeners, within } from "./pool/instance.ts";
import type { Workers } from "./pool/workers.ts";
import { ScaleControl } from "./scale/scale-control.ts";
import { type ScaleSettings, scaleSettings } from "./scale/scale-settings.ts";
import { Singletons } from "./singletons.ts";
import { isPerInstance, isSingleton, Triggers } from "./triggers.ts";
import { watchApp } from "./watch/watch-app.ts";

const DRAIN_MS = 10_000;
/** How long the end of a request may take to leave when everything has stopped. */
const LAST_WORDS_MS = 3000;

export async function startHost(options: FunctionsHostOptions, workers: Workers): Promise<FunctionsHost> {
  const host = new Host(options, workers);
  try {
    return await host.start();
  } catch (error) {
    await host.stop();
    throw error;
  }
}

class Host {
  readonly #options: FunctionsHostOptions;
  readonly #scale: ScaleSettings;
  readonly #control: ScaleControl;
  readonly #keys: Keys;
  readonly #frontEnd: FrontEnd;
  readonly #workers: Workers;
  readonly #startedAtMs: number;
  #generation: Generation | undefined;
  readonly #singletons: Singletons;
  readonly #leaving = new Set<Promise<void>>();
  #reloading: Promise<unknown> = Promise.resolve();
  /** Aborted when what is being loaded is out of date, or nobody wants it any more. */
  #loading = new AbortController();
  readonly #drain = new Drain();
  #stopWatching: (() => void) | undefined;
  #stopping: Promise<void> | undefined;
  #port = 0;

  constructor(options: FunctionsHostOptions, workers: Workers) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    this.#singletons = new Singletons(options.log);
    this.#scale = scaleSettings(options.inProcess ? IN_PROCESS : options.scale);
    this.#workers = workers;
    this.#keys = new Keys(join(options.dataFolder, "secrets"));
    this.#control = new ScaleControl(this.#scale, {
      outstandingRequests: () => this.#frontEnd.outstanding,
      // Instances are processes: they come and go in real time, whatever clock the host has.
      clock: realClock,
      log: options.log,
    });
    this.#frontEnd = new FrontEnd({
      bodyLimitBytes: bodyLimit(options.settings),
      log: options.log,
      administration: this.#administration(),
    });
  }

  async start(): Promise<FunctionsHost> {
    const { log, clock, port, watch, appRoot } = this.#options;
    this.#port = await this.#frontEnd.listen(port);
    const generation = await this.#load();
    this.#generation = generation;
    this.#serve(generation);
    await generation.begin();
    await this.#singletons.begin(this.#singletonsOf(generation));
    for (const each of generation.functions) {
      log("function", { name: each.name, trigger: each.trigger, where: whereIs(each, this.#root) });
    }
    if (watch === true) this.#stopWatching = watchApp(appRoot, generation.hostJson, () => void this.reload());
    const url = this.#url;
    const ready = { url, functions: generation.functions.length, startMs: clock.now() - this.#startedAtMs };
    log("functions host ready", ready);
    return {
      port: this.#port,
      url,
      masterKey: this.#keys.master,
      workers: () => (this.#generation?.groups ?? []).flatMap((group) => group.pids()),
      reload: () => this.reload(),
      stop: () => this.stop(),
    };
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** One at a time, so that two saved files do not load the app side by side; the last one counts. */
  reload(): Promise<boolean> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    const reloaded = this.#reloading.then(() => this.#reload(signal));
    this.#reloading = reloaded;
    return reloaded;
  }

  get #url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Where functions are, with the route prefix. */
  get #root(): string {
    const routePrefix = this.#generation?.hostJson.extensions.http.routePrefix ?? "";
    return [this.#url, routePrefix].filter((part) => part !== "").join("/");
  }

  /** The app as it is on disk now. */
  #load(outdated?: AbortSignal): Promise<Generation> {
    const { appRoot, settings, log, clock, freeRestarts } = this.#options;
    const hostJson = readHostJson(appRoot, settings);
    return Generation.load({
      appRoot,
      settings,
      log,
      clock,
      freeRestarts,
      hostJson,
      outdated,
      scale: this.#scale,
      workers: this.#workers,
      listeners: (functions, invoke) =>
        new Triggers(functions.filter(isPerInstance), listenerContext(this.#options, hostJson, invoke)),
      wanted: (group) => this.#control.wake(group),
    });
  }

  /** Requests go to this generation from now on. Where it cannot be served, nothing has changed. */
  #serve(generation: Generation): void {
    const { http } = generation.hostJson.extensions;
    const functions = generation.functions.filter(isHttp);
    const backend = httpBackend(generation, (invoke) => loggedFor(this.#options, invoke));
    this.#frontEnd.serve({ functions, http, backend });
    this.#generation = generation;
    this.#control.watch(generation);
  }

  async #reload(outdated: AbortSignal): Promise<boolean> {
    if (this.#stopping !== undefined || outdated.aborted) return false;
    const { log } = this.#options;
    const startedAt = performance.now();
    const before = this.#generation;
    const generation = await this.#loadAndServe(outdated);
    if (generation === undefined) return false;
    this.#drain.callOff();
    // These also fire while there is no instance, and that wakes one.
    const finished = this.#singletons.follow(this.#singletonsOf(generation));
    if (before !== undefined) this.#leave(before, finished);
    const sizes = new Map(before?.groups.map(({ name, size }) => [name, size]));
    await generation
      .begin(sizes)
      .catch((error: unknown) => log("instances missing", { error: String(error) }));
    log("app reloaded", { ms: Math.round(performance.now() - startedAt) });
    return true;
  }

  /** Undefined when that cannot be done; then nothing has changed. */
  async #loadAndServe(outdated: AbortSignal): Promise<Generation | undefined> {
    const { log, inProcess } = this.#options;
    let generation: Generation | undefined;
    try {
      if (inProcess) throw new Error("the app runs inside the host's process, which cannot load it twice");
      generation = await this.#load(outdated);
      this.#serve(generation);
      return generation;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log("app not reloaded", { error: message, consequence: "what was loaded before goes on" });
      await generation?.stop(0);
      return undefined;
    }
  }

  #singletonsOf(generation: Generation): Listeners {
    const context = listenerContext(this.#options, generation.hostJson, (request) =>
      generation.invoke(request),
    );
    return new Triggers(generation.functions.filter(isSingleton), context);
  }

  /** The old generation takes nothing more, and finishes what it has; what its timers run is a part of that. */
  #leave(generation: Generation, singletonsFinished: Promise<void>): void {
    const leaving = Promise.all([generation.quiesce(), singletonsFinished])
      .then(() => generation.stop(this.#scale.drainMs))
      .finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #administration() {
    return administrationOf({
      keys: this.#keys,
      scaler: this.#control.scaler,
      hostId: hostId(this.#options.settings, this.#options.appRoot),
      upMs: () => this.#options.clock.now() - this.#startedAtMs,
      isStopping: () => this.#stopping !== undefined,
      generation: () => this.#generation,
      invoke: (generation) => loggedFor(this.#options, (request) => generation.invoke(request)),
      url: (target) => (isHttp(target) ? urlOf(target, this.#root) : undefined),
      drainState: () => this.#drain.state,
      drain: () => this.#drain.begin(() => this.#finishEverything()),
      restart: async () => void (await this.reload()),
    });
  }

  /** As Azure does before it takes an instance away: nothing new from queues and timers, requests go on. */
  async #finishEverything(): Promise<void> {
    this.#control.watch(undefined);
    await Promise.all([this.#generation?.quiesce(), this.#singletons.stop()]);
  }

  /** Listeners first, then whatever runs, then the workers: nothing new begins while something ends. */
  async #stop(): Promise<void> {
    const drainMs = this.#options.drainMs ?? DRAIN_MS;
    this.#stopWatching?.();
    this.#loading.abort();
    this.#control.stop();
    await within(
      Promise.all([this.#frontEnd.drain(drainMs), this.#singletons.stop(), this.#generation?.quiesce()]),
      drainMs,
    );
    await Promise.all([this.#generation?.stop(0), within(this.#reloading, drainMs), ...this.#leaving]);
    await within(this.#frontEnd.drain(LAST_WORDS_MS), LAST_WORDS_MS);
    this.#frontEnd.close();
    await Promise.all([this.#singletons.close(), this.#control.close()]);
  }
}

const IN_PROCESS = {
  grouping: "app",
  alwaysReady: { app: 1 },
  maximumInstances: { app: 1 },
} as const;
