import { statSync } from "node:fs";
import { join } from "node:path";
import type { Clock, ScheduledCall } from "../../clock/clock.ts";
import type { FromWorker } from "../worker/wire.ts";
import { RestartPolicy } from "./restart-policy.ts";
import type { LaunchWorker, WorkerEvents, WorkerLink } from "./worker-link.ts";

interface Spare {
  readonly link: WorkerLink;
  readonly installed: string;
  /** Who took it hears from now on what it says, and first what it has said so far. */
  take(events: WorkerEvents): WorkerLink;
}

/** An app that has just been loaded opens its connections and answers who waited; the next spare need not compete with that. */
const BREATHER_MS = 500;

export interface SpareWorkerOptions {
  readonly appRoot: string;
  readonly launch: LaunchWorker;
  readonly clock: Clock;
  /** Whether there is another one after the first: for reloads. */
  readonly successors: boolean;
}

/**
 * One worker ahead of need; whoever launches a worker takes it. It is no instance. The first is made at once and loads the app before
 * anybody asks. Where there are successors, the next is made when the app is loaded in the one before, or could not be: Node
 * runs in it, the packages that the app imports at its start are loaded, the app is not.
 *
 * none -> made -> taken; a successor that dies, or whose packages have been replaced on disk, is replaced.
 */
export class SpareWorker {
  readonly #options: SpareWorkerOptions;
  readonly #restarts: RestartPolicy;
  #spare: Spare | undefined;
  #making: ScheduledCall | undefined;
  #modules: readonly string[] = [];
  #closed = false;

  constructor(options: SpareWorkerOptions) {
    this.#options = options;
    this.#restarts = new RestartPolicy(options.clock, 1);
    this.#spare = this.#make();
    this.#spare.link.post({ kind: "begin" });
  }

  readonly launch: LaunchWorker = (events) => {
    const spare = this.#takeFresh() ?? this.#make();
    return spare.take({
      message: (message) => {
        events.message(message);
        if (message.kind === "ready") this.#modules = message.modules ?? [];
        if (message.kind === "ready" || message.kind === "start-failed") this.#makeOneIn(BREATHER_MS);
      },
      exit: (how) => events.exit(how),
    });
  };

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  #makeOneIn(delayMs: number): void {
    this.#making?.cancel();
    if (!this.#options.successors) return;
    this.#making = this.#options.clock.schedule(delayMs, () => {
      if (!this.#closed) this.#spare ??= this.#make();
    });
  }

  #takeFresh(): Spare | undefined {
    const spare = this.#spare;
    if (spare?.installed !== installedPackages(this.#options.appRoot)) {
      this.#drop();
      return undefined;
    }
    this.#spare = undefined;
    return spare;
  }

  #drop(): void {
    this.#making?.cancel();
    const spare = this.#spare;
    this.#spare = undefined;
    spare?.link.kill();
  }

  #make(): Spare {
    const said: FromWorker[] = [];
    let taker: WorkerEvents | undefined;
    const link = this.#options.launch({
      message(message) {
        if (taker === undefined) said.push(message);
        else taker.message(message);
      },
      exit: (how) => (taker === undefined ? this.#died(spare) : taker.exit(how)),
    });
    if (this.#options.successors) link.post({ kind: "prepare", modules: this.#modules });
    const spare: Spare = {
      link,
      installed: installedPackages(this.#options.appRoot),
      take(events) {
        taker = events;
        // Not before the taker has the link in its hands.
        queueMicrotask(() => said.forEach((message) => events.message(message)));
        return link;
      },
    };
    return spare;
  }

  /** A package that ends every process that imports it must not keep the machine busy: later restarts wait. */
  #died(spare: Spare): void {
    if (this.#spare !== spare) return;
    this.#spare = undefined;
    this.#makeOneIn(this.#restarts.delayAfterCrashMs());
  }
}

/** What package managers write when they have installed something. */
const INSTALL_RECORDS = [
  "package.json",
  "node_modules/.package-lock.json",
  "node_modules/.modules.yaml",
  "node_modules/.yarn-state.yml",
  "node_modules/.yarn-integrity",
];

function installedPackages(appRoot: string): string {
  const changedAt = (file: string) => statSync(join(appRoot, file), { throwIfNoEntry: false })?.mtimeMs;
  return INSTALL_RECORDS.map(changedAt).join();
}
