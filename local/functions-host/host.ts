import { join } from "node:path";
import { realClock } from "../clock/clock.ts";
import { type HostJson, readHostJson } from "./app/host-json.ts";
import type { HttpFunction, IndexedFunction } from "./app/index-functions.ts";
import { Generation } from "./generation.ts";
import { administrationOf } from "./host-administration.ts";
import type { FunctionsHost, FunctionsHostOptions } from "./host-options.ts";
import { FrontEnd, type HttpBackend } from "./http/front-end.ts";
import { bodyLimit } from "./http/request-body.ts";
import { logged } from "./invocation-log.ts";
import { Keys } from "./keys/keys.ts";
import { urlOf, whereIs } from "./where.ts";
import { hostId } from "./host-id.ts";
import type { ListenerContext } from "./listener.ts";
import { type Invoke, type Listeners, within } from "./pool/instance.ts";
import type { Workers } from "./pool/workers.ts";
import { ScaleControl } from "./scale/scale-control.ts";
import { type ScaleSettings, scaleSettings } from "./scale/scale-settings.ts";
import { Triggers } from "./triggers.ts";
import { watchApp } from "./watch/watch-app.ts";

const DRAIN_MS = 10_000;

/** How long the end of a request may take to leave when everything has stopped. */
const LAST_WORDS_MS = 3000;

/** See `startFunctionsHost`. */
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
  #hostJson: HostJson;
  #generation: Generation | undefined;
  #singletons: Listeners | undefined;
  #leaving = new Set<Promise<void>>();
  #reloading: Promise<unknown> = Promise.resolve();
  #drained: "Disabled" | "InProgress" | "Completed" = "Disabled";
  #stopWatching: (() => void) | undefined;
  #stopping: Promise<void> | undefined;
  #port = 0;

  constructor(options: FunctionsHostOptions, workers: Workers) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    this.#hostJson = readHostJson(options.appRoot);
    this.#scale = scaleSettings(options.inProcess ? IN_PROCESS : options.scale);
    this.#workers = workers;
    this.#keys = new Keys(join(options.dataFolder, "secrets"));
    this.#control = new ScaleControl(this.#scale, {
      serviceBus: this.#hostJson.extensions.serviceBus,
      outstandingRequests: () => this.#frontEnd.outstanding,
      // Instances are processes: they come and go in real time, whatever clock the host has.
      clock: realClock,
      log: options.log,
    });
    this.#frontEnd = new FrontEnd({
      http: this.#hostJson.extensions.http,
      bodyLimitBytes: bodyLimit(options.settings),
      log: options.log,
      administration: this.#administration(),
    });
  }

  async start(): Promise<FunctionsHost> {
    const { log, clock, port, watch, appRoot } = this.#options;
    const generation = await this.#load();
    this.#port = await this.#frontEnd.listen(port);
    await this.#begin(generation);
    for (const each of generation.functions) {
      log("function", { name: each.name, trigger: each.trigger, where: whereIs(each, this.#root) });
    }
    if (watch === true) this.#stopWatching = watchApp(appRoot, () => void this.reload());
    const url = this.#url;
    const startMs = clock.now() - this.#startedAtMs;
    log("functions host ready", { url, functions: generation.functions.length, startMs });
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

  /** One at a time, so that two saved files do not load the app side by side. */
  reload(): Promise<boolean> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded;
    return reloaded;
  }

  get #url(): string {
    return `http://localhost:${this.#port}`;
  }

  /** Where functions are, with the route prefix. */
  get #root(): string {
    return [this.#url, this.#hostJson.extensions.http.routePrefix].filter((part) => part !== "").join("/");
  }

  #load(): Promise<Generation> {
    const { appRoot, settings, log, clock, freeRestarts } = this.#options;
    return Generation.load({
      appRoot,
      settings,
      log,
      clock,
      freeRestarts,
      hostJson: this.#hostJson,
      scale: this.#scale,
      workers: this.#workers,
      listeners: (functions, invoke) => new Triggers(functions.filter(isPerInstance), this.#context(invoke)),
      wanted: (group) => this.#control.wake(group),
    });
  }

  /** Requests, messages and timers go to this generation from now on. */
  async #begin(generation: Generation): Promise<void> {
    const before = this.#generation;
    this.#generation = generation;
    this.#frontEnd.serve(generation.functions.filter(isHttp), this.#backend(generation));
    this.#control.watch(generation);
    const sizes = new Map(before?.groups.map(({ name, size }) => [name, size]));
    await Promise.all([generation.begin(sizes), this.#singletons?.stop()]);
    // They also fire while there is no instance, and that wakes one.
    this.#singletons = new Triggers(
      generation.functions.filter(isSingleton),
      this.#context((request) => generation.invoke(request)),
    );
    await this.#singletons.start();
  }

  async #reload(): Promise<boolean> {
    const { log, appRoot, inProcess } = this.#options;
    if (this.#stopping !== undefined) return false;
    const startedAt = performance.now();
    try {
      if (inProcess) throw new Error("the app runs inside the host's process, which cannot load it twice");
      this.#hostJson = readHostJson(appRoot);
      const before = this.#generation;
      await this.#begin(await this.#load());
      this.#drained = "Disabled";
      log("app reloaded", { ms: Math.round(performance.now() - startedAt) });
      if (before !== undefined) this.#leave(before);
      return true;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      log("app not reloaded", { error: message, consequence: "what was loaded before goes on" });
      return false;
    }
  }

  /** The old generation finishes what it has. */
  #leave(generation: Generation): void {
    const leaving = generation.stop(this.#scale.drainMs).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  #backend(generation: Generation): HttpBackend {
    const http = generation.functions.find(isHttp);
    if (http === undefined) return { invoke: this.#logged((request) => generation.invoke(request)) };
    const group = generation.groupFor(http);
    const invoke = this.#logged(generation.bound((request) => group.invoke(request)));
    if (generation.capabilities["HttpUri"] === undefined) return { invoke };
    const stream = async () => {
      const instance = await group.instance();
      const uri = instance.app?.capabilities["HttpUri"] ?? "";
      return { uri, invoke: this.#logged(generation.bound((request) => instance.invoke(request))) };
    };
    return { invoke, stream };
  }

  #logged(invoke: Invoke): Invoke {
    const { log, appRoot, logInvocations } = this.#options;
    return logged(invoke, { log, appRoot, everyInvocation: logInvocations === true });
  }

  #context(invoke: Invoke): ListenerContext {
    const { appRoot, settings, clock, log, dataFolder } = this.#options;
    return {
      hostJson: this.#hostJson,
      settings,
      hostId: hostId(settings, appRoot),
      dataFolder,
      clock,
      log,
      invoke: this.#logged(invoke),
    };
  }

  #administration() {
    return administrationOf({
      keys: this.#keys,
      scaler: this.#control.scaler,
      hostId: hostId(this.#options.settings, this.#options.appRoot),
      upMs: () => this.#options.clock.now() - this.#startedAtMs,
      isStopping: () => this.#stopping !== undefined,
      generation: () => this.#generation,
      invoke: (generation) => this.#logged((request) => generation.invoke(request)),
      url: (target) => (isHttp(target) ? urlOf(target, this.#root) : undefined),
      drainState: () => this.#drained,
      drain: () => this.#drain(),
      restart: async () => void (await this.reload()),
    });
  }

  /** As Azure does before it takes an instance away: nothing new from queues and timers, requests go on. */
  #drain(): void {
    if (this.#drained !== "Disabled") return;
    this.#drained = "InProgress";
    this.#control.watch(undefined);
    const drained = Promise.all([this.#generation?.quiesce(), this.#singletons?.stop()]);
    void drained.then(() => (this.#drained = "Completed"));
  }

  /** Listeners first, then whatever runs, then the workers: nothing new begins while something ends. */
  async #stop(): Promise<void> {
    const drainMs = this.#options.drainMs ?? DRAIN_MS;
    this.#stopWatching?.();
    this.#control.stop();
    await within(
      Promise.all([this.#frontEnd.drain(drainMs), this.#singletons?.stop(), this.#generation?.quiesce()]),
      drainMs,
    );
    await Promise.all([this.#generation?.stop(0), ...this.#leaving]);
    await within(this.#frontEnd.drain(LAST_WORDS_MS), LAST_WORDS_MS);
    this.#frontEnd.close();
    await Promise.all([this.#singletons?.close(), this.#control.close()]);
  }
}

const isHttp = (each: IndexedFunction): each is HttpFunction => each.trigger === "http";

/** What exists once, however many instances there are; everything else every instance has for itself. */
const isSingleton = ({ trigger }: IndexedFunction): boolean => trigger === "timer" || trigger === "cosmosDB";
const isPerInstance = (each: IndexedFunction): boolean => !isSingleton(each);

const IN_PROCESS = {
  grouping: "app",
  alwaysReady: { app: 1 },
  maximumInstances: { app: 1 },
} as const;
