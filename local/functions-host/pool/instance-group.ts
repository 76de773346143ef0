import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { InvocationRequest, InvocationResponse } from "../worker/wire.ts";
import { Instance, type Invoke, type Listeners, WAIT_FOR_WORKER_MS } from "./instance.ts";
import { RestartPolicy } from "./restart-policy.ts";
import { InvocationFailure } from "./worker-failure.ts";
import { WaitingLine } from "./waiting-line.ts";
import type { LaunchWorker } from "./worker-link.ts";

export interface InstanceGroupOptions {
  readonly name: string;
  readonly launch: LaunchWorker;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeoutMs: number | undefined;
  /** Per worker; see `RestartPolicy`. */
  readonly freeRestarts: number | undefined;
  /** Opens the listeners of one more instance. */
  readonly listeners: (invoke: Invoke) => Listeners;
  /** Called when an invocation arrives while there is no instance at all. */
  readonly wanted: () => void;
}

/**
 * The instances that run one group of functions. Their number is what `scaleTo` last said; an invocation that no
 * listener brought (HTTP, timers) goes to the least loaded instance and, while none is up, waits.
 */
export class InstanceGroup {
  readonly #options: InstanceGroupOptions;
  readonly #restarts: RestartPolicy;
  #instances: Instance[] = [];
  readonly #leaving = new Set<Promise<void>>();
  readonly #waiting: WaitingLine;
  #closed = false;

  constructor(options: InstanceGroupOptions) {
    this.#options = options;
    this.#waiting = new WaitingLine(options.clock);
    this.#restarts = new RestartPolicy(options.clock, 1, options.freeRestarts);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Instances that take work, or will in a moment. */
  get size(): number {
    return this.#instances.length;
  }

  get readyCount(): number {
    return this.#instances.filter((instance) => instance.isReady).length;
  }

  get drainingCount(): number {
    return this.#leaving.size;
  }

  /** How many invocations run right now or wait for an instance. */
  get load(): number {
    let load = this.#waiting.length;
    for (const instance of this.#instances) load += instance.load;
    return load;
  }

  pids(): number[] {
    return this.#instances.flatMap(({ pid }) => pid ?? []);
  }

  /** Makes an instance whose worker is loading the app; `adopt` takes it in. */
  launchInstance(): Instance {
    const { name: group, launch, clock, log, timeoutMs } = this.#options;
    const changed = (): void => this.#changed();
    return new Instance({ group, launch, clock, log, timeoutMs, restarts: this.#restarts, changed });
  }

  /** Takes an instance that may have been started before it was known whom it would serve. */
  async adopt(instance: Instance): Promise<void> {
    this.#instances.push(instance);
    this.#restarts.setSize(this.#instances.length);
    await instance.loaded;
    await instance.listen(this.#options.listeners);
    this.#waiting.wakeAll();
  }

  /** Resolves when the instances added are up; those that leave drain in the background, for at most `graceMs`. */
  async scaleTo(count: number, graceMs: number): Promise<void> {
    if (this.#closed) return;
    const added = Array.from({ length: count - this.size }, () => this.adopt(this.launchInstance()));
    while (this.size > count) this.#leave(this.#leastLoaded(this.#instances), graceMs);
    this.#restarts.setSize(Math.max(1, count));
    await Promise.all(added);
  }

  /** Rejects with an `InvocationFailure`. */
  invoke(request: InvocationRequest): Promise<InvocationResponse> {
    const instance = this.#leastLoadedReady();
    return instance === undefined ? this.#invokeLater(request) : instance.invoke(request);
  }

  /** An instance that is up; waits for one. For whoever has to speak to one worker in particular. */
  async instance(): Promise<Instance> {
    const deadline = this.#options.clock.now() + WAIT_FOR_WORKER_MS;
    for (;;) {
      const instance = this.#leastLoadedReady();
      if (instance !== undefined) return instance;
      const patienceMs = deadline - this.#options.clock.now();
      if (this.#closed || patienceMs <= 0) {
        throw new InvocationFailure("no-worker", `no worker of group "${this.name}" is up`);
      }
      if (this.size === 0) this.#options.wanted();
      await this.#waiting.changeOrTime(patienceMs);
    }
  }

  /** No instance takes anything new by itself; resolves when what came that way is settled. */
  async quiesce(): Promise<void> {
    await Promise.all(this.#instances.map((instance) => instance.quiesce()));
  }

  /** Everybody leaves; resolves when the last is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#closed = true;
    while (this.size > 0) this.#leave(this.#instances[0], graceMs);
    this.#waiting.wakeAll();
    await Promise.all(this.#leaving);
  }

  async #invokeLater(request: InvocationRequest): Promise<InvocationResponse> {
    const instance = await this.instance();
    return instance.invoke(request);
  }

  #leave(instance: Instance | undefined, graceMs: number): void {
    if (instance === undefined) return;
    this.#instances = this.#instances.filter((each) => each !== instance);
    const leaving = instance.drain(graceMs).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** An instance whose app could not be loaded is gone before it ever served; whoever scales decides again. */
  #changed(): void {
    this.#instances = this.#instances.filter((instance) => !instance.isDraining);
    this.#waiting.wakeAll();
  }

  #leastLoadedReady(): Instance | undefined {
    let best: Instance | undefined;
    for (const instance of this.#instances) {
      if (instance.isReady && (best === undefined || instance.load < best.load)) best = instance;
    }
    return best;
  }

  /** Of those as lightly loaded the youngest: older ones have warm connections. */
  #leastLoaded(instances: readonly Instance[]): Instance | undefined {
    return instances.findLast(({ load }) => load === Math.min(...instances.map((each) => each.load)));
  }
}
