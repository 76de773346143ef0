import { type InvocationScope, logContext } from "./hook-context.ts";
import type { LogCategory, LogLevel, RegisteredFunction, TypedData } from "./wire.ts";

/** What the library registers: handlers take the trigger's value and the context. */
export type FunctionCallback = (...args: unknown[]) => unknown;
export type HookCallback = (context: object) => unknown;

export const HOOK_NAMES = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"] as const;
export type HookName = (typeof HOOK_NAMES)[number];

/** The metadata object the library registered; handed back to it untouched with every invocation. */
export type FunctionMetadata = RegisteredFunction;

export interface FunctionEntry {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** The library's side of an invocation, made by its programming model. */
export interface InvocationModel {
  getArguments(): Promise<{ context: object; inputs: unknown[] }>;
  invokeFunction(context: object, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(
    context: object,
    result: unknown,
  ): Promise<{
    invocationId: string;
    outputData?: { name: string; data: TypedData }[];
    returnValue?: TypedData | null;
  }>;
}

export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(core: CoreInvocationContext): InvocationModel;
  getCapabilities?(
    defaults: Record<string, string>,
  ): Promise<Record<string, string>> | Record<string, string>;
}

export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: object;
  readonly metadata: FunctionMetadata;
  state: "preInvocationHooks" | "postInvocationHooks" | "invocation" | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
}

export interface LogEntry {
  readonly level: LogLevel;
  readonly category: LogCategory;
  readonly message: string;
  readonly functionName?: string | undefined;
  readonly invocationId?: string | undefined;
  /** For log hooks; undefined outside of an invocation. */
  readonly scope?: InvocationScope | undefined;
}

/** A refusal of the core module. The library tells its users apart by this very mark. */
export class CoreError extends Error {
  readonly isAzureFunctionsSystemError = true;
}

export class CoreRangeError extends RangeError {
  readonly isAzureFunctionsSystemError = true;
}

/** What one app has registered, and the data its hooks share. */
export class AppRegistry {
  readonly functions = new Map<string, FunctionEntry>();
  readonly hooks: Readonly<Record<HookName, HookCallback[]>> = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };
  /** Shared by the appStart and appTerminate hooks. */
  readonly appLevelHookData: Record<string, unknown> = {};
  /** Shared by all hooks of all scopes. */
  readonly appHookData: Record<string, unknown> = {};
  readonly #write: (entry: LogEntry) => void;
  #locked = false;

  constructor(write: (entry: LogEntry) => void) {
    this.#write = write;
  }

  /** After this nothing can be registered or taken back. */
  lock(): void {
    this.#locked = true;
  }

  register(metadata: FunctionMetadata, callback: FunctionCallback): () => void {
    this.#refuseWhenLocked("A function can only be registered during app startup.");
    const { name } = metadata;
    if (this.functions.has(name)) {
      throw new CoreError(`A function with id "${name}" has already been registered.`);
    }
    this.functions.set(name, { metadata, callback });
    return () => {
      this.#refuseWhenLocked("A function can only be disposed during app startup.");
      this.functions.delete(name);
    };
  }

  registerHook(name: string, callback: HookCallback): () => void {
    const known = HOOK_NAMES.find((hook) => hook === name);
    if (known === undefined) throw new CoreRangeError(`Unrecognized hook "${name}"`);
    const list = this.hooks[known];
    list.push(callback);
    return () => {
      const at = list.indexOf(callback);
      if (at >= 0) list.splice(at, 1);
    };
  }

  /** Log hooks see every line, may change the user's own, and can never make logging fail. */
  log(entry: LogEntry): void {
    if (this.hooks.log.length === 0) {
      this.#write(entry);
      return;
    }
    const view = logContext(entry, this.appHookData);
    try {
      for (const hook of this.hooks.log) hook(view);
    } catch {
      // As in the real worker: a broken hook takes all changes with it, never the line.
      this.#write(entry);
      return;
    }
    this.#write(entry.category === "user" ? { ...entry, level: view.level, message: view.message } : entry);
  }

  #refuseWhenLocked(message: string): void {
    if (this.#locked) throw new CoreError(message);
  }
}
