import type { AppRegistry, CoreInvocationContext, FunctionCallback, FunctionEntry } from "./app-registry.ts";
import { programmingModel } from "./core-module.ts";
import type { InvocationRequest, InvocationResponse } from "./wire.ts";

/** What pre- and postInvocation hooks see. The two data objects can be filled but not replaced. */
class HookContext {
  inputs: unknown[];
  functionCallback: FunctionCallback;
  result: unknown;
  error: unknown;
  readonly #shared: { hookData: object; appHookData: object; invocationContext: object };

  constructor(
    shared: { hookData: object; appHookData: object; invocationContext: object },
    inputs: unknown[],
    callback: FunctionCallback,
  ) {
    this.#shared = shared;
    this.inputs = inputs;
    this.functionCallback = callback;
  }

  get hookData(): object {
    return this.#shared.hookData;
  }

  get appHookData(): object {
    return this.#shared.appHookData;
  }

  get invocationContext(): object {
    return this.#shared.invocationContext;
  }
}

/**
 * Runs one function once, in the exact order of the real worker: arguments, preInvocation hooks, the handler,
 * postInvocation hooks (which may clear or set the error and replace the result), response.
 *
 * Rejects with whatever the handler or a hook threw.
 */
export async function runInvocation(
  registry: AppRegistry,
  entry: FunctionEntry,
  request: InvocationRequest,
): Promise<InvocationResponse> {
  const { invocationId } = request;
  const known: { context?: object } = {}; // the library may log before it has made its context
  const core: CoreInvocationContext = {
    invocationId,
    request,
    metadata: entry.metadata,
    state: undefined,
    log(level, category, message) {
      const functionName = entry.metadata.name;
      registry.log({ level, category, message, functionName, invocationId, context: known.context });
    },
  };
  const model = programmingModel().getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  known.context = context;
  const hooked = registry.hooks.preInvocation.length > 0 || registry.hooks.postInvocation.length > 0;
  if (!hooked) {
    core.state = "invocation";
    const result = await model.invokeFunction(context, inputs, entry.callback);
    return model.getResponse(context, result);
  }
  const shared = { hookData: {}, appHookData: registry.appHookData, invocationContext: context };
  const before = new HookContext(shared, inputs, entry.callback);
  core.state = "preInvocationHooks";
  for (const hook of registry.hooks.preInvocation) await hook(before);

  const after = new HookContext(shared, before.inputs, before.functionCallback);
  core.state = "invocation";
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error("The function threw nothing.");
  }
  core.state = "postInvocationHooks";
  for (const hook of registry.hooks.postInvocation) await hook(after);
  // oxlint-disable-next-line typescript/only-throw-error -- whatever the app threw, as it threw it
  if (after.error !== undefined && after.error !== null) throw after.error;
  return model.getResponse(context, after.result);
}
