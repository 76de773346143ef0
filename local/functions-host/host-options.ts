import type { PartOptions, RunningPart } from "../part.ts";
import type { ScaleSettings } from "./scale/scale-settings.ts";
import type { Settings } from "./settings.ts";

export interface FunctionsHostOptions extends PartOptions {
  /** 0 = any free port. */
  readonly port: number;
  /** Folder with package.json (whose `main` names the entry files) and host.json. */
  readonly appRoot: string;
  /** The app settings: environment of the workers, and where bindings look up connections and %NAMES%. */
  readonly settings: Settings;
  /** Runs the app inside this process, for unit tests and debugging: one instance, always. */
  readonly inProcess?: boolean;
  /** How many instances there may be, when they come and when they go. */
  readonly scale?: Partial<ScaleSettings>;
  /** How long functions may go on when the host stops; 10 s unless said otherwise. */
  readonly drainMs?: number;
  /** How often a worker may crash within half an hour before its restarts are delayed; 3 unless said otherwise, as on Azure. */
  readonly freeRestarts?: number;
  /** Arguments for the worker processes' Node, such as `--inspect`. */
  readonly workerExecArgv?: readonly string[];
  /** Loads the app again whenever its files change. */
  readonly watch?: boolean;
  /** Logs every invocation's begin and end, not only failures. */
  readonly logInvocations?: boolean;
}

export interface FunctionsHost extends RunningPart {
  readonly port: number;
  readonly url: string;
  /** For `x-functions-key`: everything, the host's own pages included. */
  readonly masterKey: string;
  /** Process ids of the workers that are up. */
  workers(): number[];
  /** Loads the app again; false, and everything stays as it is, when it cannot be loaded. */
  reload(): Promise<boolean>;
}
