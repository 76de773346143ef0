import { Module } from "node:module";
import {
  type AppRegistry,
  CoreError,
  type FunctionCallback,
  type FunctionMetadata,
  type HookCallback,
  type ProgrammingModel,
} from "./app-registry.ts";
import type { LogCategory, LogLevel } from "./wire.ts";

const CORE_MODULE = "@azure/functions-core";

/** The version of the public worker whose behaviour this one follows. */
const WORKER_VERSION = "3.12.0";
const HOST_VERSION = "4.1040.0";

class Disposable {
  readonly #dispose: () => void;
  #disposed = false;

  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }

  static from(...disposables: readonly { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const each of disposables) each.dispose();
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#dispose();
    this.#disposed = true;
  }
}

// The library keeps what it got from its first require for the life of the process, and sets its model only
// once. So these two are the process's, and in-process hosts take turns as the app that is being loaded.
let loading: AppRegistry | undefined;
let model: ProgrammingModel | undefined;

function current(): AppRegistry {
  if (loading === undefined) throw new CoreError("No function app is being loaded.");
  return loading;
}

const coreModule = {
  version: WORKER_VERSION,
  hostVersion: HOST_VERSION,
  Disposable,
  registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    return new Disposable(current().register(metadata, callback));
  },
  registerHook(name: string, callback: HookCallback): Disposable {
    return new Disposable(current().registerHook(name, callback));
  },
  setProgrammingModel(next: ProgrammingModel): void {
    model = next;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => model,
  log(level: LogLevel, category: LogCategory, message: string): void {
    current().log({ level, category, message });
  },
};

/**
 * Serves `@azure/functions-core` to `registry`'s app, in the way of the real worker: a patched
 * `Module.prototype.require`. Neither a package on disk nor a loader hook would do, because then a bundle that
 * breaks in Azure would work here.
 */
export function serveCoreModule(registry: AppRegistry): void {
  if (loading === undefined) {
    // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
    Module.prototype.require = new Proxy(Module.prototype.require, {
      apply: (target, self, args: [string]) =>
        args[0] === CORE_MODULE ? coreModule : Reflect.apply(target, self, args),
    });
  }
  loading = registry;
}

export function programmingModel(): ProgrammingModel {
  if (model === undefined) {
    throw new CoreError(
      `The app registered no function through "@azure/functions". Check that the package is installed, and that a bundle keeps "${CORE_MODULE}" external.`,
    );
  }
  return model;
}
