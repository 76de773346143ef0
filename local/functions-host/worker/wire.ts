import type { TraceContext } from "../trace-context.ts";

/**
 * What controller and worker say to each other. The shapes are those of Azure's own worker protocol, so the
 * worker hands them to the library as they are. Types only: this file costs a worker nothing at start.
 */

/** One value on its way; exactly one key is set. The library JSON-parses `string` values that happen to parse. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
  readonly collectionString?: { readonly string: readonly string[] };
  readonly collectionBytes?: { readonly bytes: readonly Uint8Array[] };
  readonly collectionSint64?: { readonly sint64: readonly number[] };
}

/** An HTTP request on the way in, an HTTP response on the way out. */
export interface HttpData {
  readonly method?: string;
  /** Absolute. */
  readonly url?: string;
  /** Lower-case names. */
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly statusCode?: string;
  readonly cookies?: readonly HttpCookie[];
  readonly body?: TypedData;
}

export interface HttpCookie {
  readonly name: string;
  readonly value: string;
  readonly domain?: { readonly value: string };
  readonly path?: { readonly value: string };
  /** Whole seconds since the epoch. */
  readonly expires?: { readonly value: { readonly seconds: number } };
  readonly secure?: { readonly value: boolean };
  readonly httpOnly?: { readonly value: boolean };
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone";
  readonly maxAge?: { readonly value: number };
}

export interface Binding {
  readonly type: string;
  readonly direction: "in" | "out";
  readonly [property: string]: unknown;
}

/** A function as the app registered it. */
export interface RegisteredFunction {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: Readonly<Record<string, unknown>>;
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly functionName: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  readonly traceContext: TraceContext;
  /** Which attempt of a retry policy this is; missing on the first. */
  readonly retryContext?: RetryContext;
}

export interface RetryContext {
  readonly retryCount: number;
  /** -1 = no limit. */
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string; readonly source?: string; readonly stackTrace?: string };
}

export interface InvocationResponse {
  readonly invocationId: string;
  readonly outputData?: readonly { readonly name: string; readonly data: TypedData }[];
  readonly returnValue?: TypedData | null;
}

/** An error that crossed a process border. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
}

export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical" | "none";
export type LogCategory = "user" | "system" | "customMetric" | "console";

export type ToWorker =
  /**
   * Only to a worker that comes ahead of need: import these modules, and note for the next one what the app itself imports. Comes
   * before `begin`, if at all.
   */
  | { readonly kind: "prepare"; readonly modules: readonly string[] }
  /** Load the app, then answer `ready` or `start-failed`. What is said twice counts once. */
  | { readonly kind: "begin" }
  | { readonly kind: "invoke"; readonly request: InvocationRequest }
  /** Run the appTerminate hooks, then answer `terminated`. */
  | { readonly kind: "terminate" };

export type FromWorker =
  | {
      readonly kind: "ready";
      readonly functions: readonly RegisteredFunction[];
      readonly capabilities: Readonly<Record<string, string>>;
      /** URLs of the packages and built-in modules that the app's own files imported; only from a worker that was told to `prepare`. */
      readonly modules?: readonly string[];
    }
  | { readonly kind: "start-failed"; readonly error: WireError }
  | { readonly kind: "done"; readonly response: InvocationResponse }
  | { readonly kind: "failed"; readonly invocationId: string; readonly error: WireError }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly category: LogCategory;
      readonly message: string;
      readonly functionName?: string;
      readonly invocationId?: string;
    }
  | { readonly kind: "terminated" };
