import type { FunctionCallback, LogEntry } from "./app-registry.ts";

type Data = Record<string, unknown>;

/** What hooks may fill but not replace. It throws in code that is not strict, too. */
class ReadOnlyError extends TypeError {
  readonly isAzureFunctionsSystemError = true;

  constructor(property: string) {
    super(`Cannot assign to read only property '${property}'`);
  }
}

const refuse = (property: string) => (): never => {
  throw new ReadOnlyError(property);
};

/** Makes `context` show `values` as properties that cannot be assigned. */
function show<T extends object>(context: T, values: Readonly<Record<string, unknown>>): T {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(context, name, { get: () => value, set: refuse(name), enumerable: true });
  }
  return context;
}

/** The data of one invocation's hooks, shared by all of them. */
export interface InvocationScope {
  /** Of this invocation. */
  readonly hookData: Data;
  /** Of the app. */
  readonly appHookData: Data;
  readonly invocationContext: object;
}

export const preInvocation = (
  scope: InvocationScope,
  inputs: unknown[],
  functionCallback: FunctionCallback,
) => show({ inputs, functionCallback }, { ...scope });

/** Result and error are null where there is none. */
export const postInvocation = (
  scope: InvocationScope,
  inputs: unknown[],
  outcome: { readonly result: unknown; readonly error: unknown },
) => show({ inputs, ...outcome }, { ...scope });

/** For appStart and appTerminate. */
export const appLevel = (hookData: Data, appHookData: Data, functionAppDirectory: string) =>
  show({ functionAppDirectory }, { hookData, appHookData });

/** Level and message may be changed; that counts for the user's own lines. */
export function logContext({ level, message, category, scope }: LogEntry, appHookData: Data) {
  const hookData = scope?.hookData ?? {};
  const invocationContext = scope?.invocationContext;
  return show({ level, message }, { category, hookData, appHookData, invocationContext });
}
