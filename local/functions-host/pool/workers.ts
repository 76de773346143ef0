import { realClock } from "../../clock/clock.ts";
import type { FunctionsHostOptions } from "../host-options.ts";
import { forkedWorkers } from "./forked-worker.ts";
import { inProcessWorkers } from "./in-process-worker.ts";
import { InspectPorts } from "./inspect-ports.ts";
import { SpareWorker } from "./spare-worker.ts";
import type { LaunchWorker } from "./worker-link.ts";

/** Background work yields to requests; on Azure they would run on different machines. */
const BACKGROUND_NICENESS = 5;

export type WorkersOptions = Pick<
  FunctionsHostOptions,
  "appRoot" | "settings" | "inProcess" | "workerExecArgv" | "watch"
>;

/** Where a host gets its workers from, one app after the other. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly #inspectPorts = new InspectPorts();
  readonly #spare: SpareWorker | undefined;

  constructor(options: WorkersOptions) {
    this.#options = options;
    const { appRoot, watch, inProcess, workerExecArgv = [] } = options;
    // A debugger that attaches to the port of the app must not find a process without it.
    const isDebugged = workerExecArgv.some((argument) => argument.startsWith("--inspect"));
    if (inProcess === true || isDebugged) return;
    const launch = this.#forked(0);
    this.#spare = new SpareWorker({ appRoot, clock: realClock, launch, successors: watch === true });
  }

  launcher(work: "requests" | "background"): LaunchWorker {
    const { inProcess, appRoot, settings } = this.#options;
    if (inProcess === true) return inProcessWorkers(appRoot, settings);
    if (work === "background") return this.#forked(BACKGROUND_NICENESS);
    return this.#spare?.launch ?? this.#forked(0);
  }

  /** Only those that nobody has launched; the others end with their instances. */
  close(): void {
    this.#spare?.close();
  }

  #forked(niceness: number): LaunchWorker {
    const { appRoot, settings, workerExecArgv: execArgv = [] } = this.#options;
    return forkedWorkers({ appRoot, settings, niceness, execArgv, inspectPorts: this.#inspectPorts });
  }
}
