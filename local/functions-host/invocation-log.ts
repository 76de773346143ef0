import type { Log } from "../part.ts";
import { logFailure } from "./failure-log.ts";
import type { Invoke } from "./pool/instance.ts";

export interface InvocationLogOptions {
  readonly log: Log;
  readonly appRoot: string;
  /** A line when a function begins and when it ends; failures have theirs in any case. */
  readonly everyInvocation: boolean;
}

/** Runs invocations through `invoke` and tells of them: which function, which id, how long, how it ended. */
export function logged(invoke: Invoke, { log, appRoot, everyInvocation }: InvocationLogOptions): Invoke {
  const failuresOnly: Invoke = async (request) => {
    try {
      return await invoke(request);
    } catch (error) {
      logFailure(log, appRoot, request, error);
      throw error;
    }
  };
  if (!everyInvocation) return failuresOnly;
  return async (request) => {
    const { functionName, invocationId, traceContext } = request;
    const facts = { function: functionName, invocation: invocationId };
    const startedAt = performance.now();
    const ended = (outcome: string): void =>
      log("executed", { ...facts, outcome, ms: Math.round((performance.now() - startedAt) * 10) / 10 });
    log("executing", { ...facts, trace: traceContext.traceParent.slice(3, 35) });
    try {
      const response = await failuresOnly(request);
      ended("succeeded");
      return response;
    } catch (error) {
      ended("failed");
      throw error;
    }
  };
}
