import type { HostJson } from "./app/host-json.ts";
import { type IndexedFunction, indexFunctions } from "./app/index-functions.ts";
import { refuseOlderModels } from "./app/older-models.ts";
import type { Log } from "../part.ts";
import { type Clock, realClock } from "../clock/clock.ts";
import { type Instance, type Invoke, type Listeners, type LoadedApp, within } from "./pool/instance.ts";
import { InstanceGroup } from "./pool/instance-group.ts";
import { InvocationFailure } from "./pool/worker-failure.ts";
import type { Workers } from "./pool/workers.ts";
import { groupOf, planGroups } from "./scale/plan-groups.ts";
import { limitsOf, type ScaleSettings } from "./scale/scale-settings.ts";
import { HostRefusal } from "./refusal.ts";
import { tellOfRetries } from "./retry/tell-of-retries.ts";
import { Bindings } from "./bindings/bindings.ts";
import { isDisabled, type Settings } from "./settings.ts";
import type { InvocationRequest, InvocationResponse } from "./worker/wire.ts";

export interface GenerationOptions {
  readonly appRoot: string;
  readonly settings: Settings;
  readonly hostJson: HostJson;
  /** Ends the loading. */
  readonly outdated: AbortSignal | undefined;
  readonly scale: ScaleSettings;
  readonly workers: Workers;
  readonly freeRestarts: number | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** What one instance of these functions listens to. */
  readonly listeners: (functions: readonly IndexedFunction[], invoke: Invoke) => Listeners;
  /** Called when an invocation finds its group without any instance. */
  readonly wanted: (group: string) => void;
}

/** How long the end may wait for connections to close whose other side may itself be gone. */
const CLOSE_MS = 3000;

/**
 * The app as it was when it was loaded: its functions, and the instances that run them. Reloading makes a new
 * generation beside this one, and this one drains.
 */
export class Generation {
  readonly #options: GenerationOptions;
  readonly #groups = new Map<string, InstanceGroup>();
  /** Started before it is known what the app holds, to read that; then it joins its group. */
  #first: { readonly group: string; readonly instance: Instance } | undefined;
  #dropped: Promise<void> = Promise.resolve();
  #plan: ReadonlyMap<string, readonly IndexedFunction[]> = new Map();
  #functions: readonly IndexedFunction[] = [];
  #bindings: Bindings | undefined;
  #app: LoadedApp = { functions: [], capabilities: {} };

  private constructor(options: GenerationOptions) {
    this.#options = options;
  }

  /**
   * Starts the first worker and reads what it registered; nothing listens yet.
   *
   * @throws HostRefusal when the app cannot be loaded or asks for something this host does not do.
   */
  static async load(options: GenerationOptions): Promise<Generation> {
    const generation = new Generation(options);
    try {
      await generation.#load();
      return generation;
    } catch (error) {
      await generation.stop(0);
      throw error;
    }
  }

  get hostJson(): HostJson {
    return this.#options.hostJson;
  }

  get functions(): readonly IndexedFunction[] {
    return this.#functions;
  }

  get capabilities(): LoadedApp["capabilities"] {
    return this.#app.capabilities;
  }

  get groups(): readonly InstanceGroup[] {
    return [...this.#groups.values()];
  }

  functionsOf(group: string): readonly IndexedFunction[] {
    return this.#plan.get(group) ?? [];
  }

  groupFor(target: IndexedFunction): InstanceGroup {
    const group = this.#groups.get(groupOf(target, this.#options.scale.grouping));
    if (group === undefined) throw new Error(`function "${target.name}" has no group`);
    return group;
  }

  /** With a function's input and output bindings around it. */
  bound(invoke: Invoke): Invoke {
    return (request) => this.#bindings?.around(request, invoke) ?? invoke(request);
  }

  /** For whoever has no instance of its own: timers, and requests of an app without streams. */
  async invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const target = this.#functions.find(({ name }) => name === request.functionName);
    if (target === undefined) throw new InvocationFailure("no-worker", "the function is gone");
    const group = this.groupFor(target);
    return this.bound((whole) => group.invoke(whole))(request);
  }

  /** All listeners stop; resolves when what they had under way is settled. */
  async quiesce(): Promise<void> {
    await Promise.all(this.groups.map((group) => group.quiesce()));
  }

  /** Lets every group begin, with at least as many instances as before. */
  async begin(sizes: ReadonlyMap<string, number> = new Map()): Promise<void> {
    const { scale } = this.#options;
    await Promise.all(
      this.groups.map(async (group) => {
        const { min, max } = limitsOf(group.name, scale);
        if (this.#first?.group === group.name) await group.adopt(this.#takeFirst());
        const wanted = Math.max(group.size, min, sizes.get(group.name) ?? 0);
        await group.scaleTo(Math.min(max, wanted), scale.drainMs);
      }),
    );
  }

  /** Drains all instances, at most `graceMs` long, and ends them. */
  async stop(graceMs: number): Promise<void> {
    await Promise.all([this.#dropFirst(), ...this.groups.map((group) => group.stop(graceMs))]);
    await within(this.#bindings?.close(), CLOSE_MS);
  }

  async #load(): Promise<void> {
    const { appRoot, settings, scale } = this.#options;
    refuseOlderModels(appRoot);
    const firstGroup = scale.grouping === "app" ? "app" : "http";
    const instance = this.#addGroup(firstGroup).launchInstance();
    this.#first = { group: firstGroup, instance };
    this.#app = await Promise.race([instance.loaded, ...this.#overtaken()]);
    this.#functions = indexFunctions(this.#app.functions, settings).filter(
      ({ name }) => !isDisabled(name, settings),
    );
    tellOfRetries(this.#functions, this.#options.log);
    this.#bindings = new Bindings(this.#functions, {
      serviceBus: this.#options.hostJson.extensions.serviceBus,
      clock: this.#options.clock,
    });
    this.#plan = planGroups(this.#functions, scale.grouping);
    for (const name of this.#plan.keys()) this.#addGroup(name);
    if (this.#plan.has(firstGroup)) return;
    this.#groups.delete(firstGroup);
    void this.#dropFirst();
  }

  /** An app may take for ever to load. */
  #overtaken(): Promise<never>[] {
    const { outdated } = this.#options;
    if (outdated === undefined) return [];
    const why = "it was changed again, or the host stopped, before it was loaded";
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined);
    outdated.addEventListener("abort", () => reject(new HostRefusal("app-not-loadable", why)));
    return [promise];
  }

  #addGroup(name: string): InstanceGroup {
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const { hostJson, log, listeners, wanted, freeRestarts, workers } = this.#options;
    const group = new InstanceGroup({
      name,
      launch: workers.launcher(name === "http" || name === "app" ? "requests" : "background"),
      // Processes start, run and hang in real time; a hand-driven clock that jumps an hour must not kill them.
      clock: realClock,
      log,
      timeoutMs: hostJson.functionTimeout,
      freeRestarts,
      listeners: (invoke) => listeners(this.functionsOf(name), this.bound(invoke)),
      wanted: () => wanted(name),
    });
    this.#groups.set(name, group);
    return group;
  }

  #takeFirst(): Instance {
    if (this.#first === undefined) throw new Error("the first instance has been taken");
    const { instance } = this.#first;
    this.#first = undefined;
    return instance;
  }

  /** An instance that turns out to have no work ends by itself; nobody but the end waits for that. */
  #dropFirst(): Promise<void> {
    if (this.#first !== undefined) this.#dropped = this.#takeFirst().drain(0);
    return this.#dropped;
  }
}
