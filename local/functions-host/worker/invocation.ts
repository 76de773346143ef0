import type {
  AppRegistry,
  CoreInvocationContext,
  FunctionCallback,
  FunctionEntry,
  HookCallback,
} from "./app-registry.ts";
import { programmingModel } from "./core-module.ts";
import { type InvocationScope, postInvocation, preInvocation } from "./hook-context.ts";
import type { InvocationRequest, InvocationResponse } from "./wire.ts";

/**
 * Runs one function once, in the exact order of the real worker: arguments, preInvocation hooks, the handler,
 * postInvocation hooks (which may clear or set the error and replace the result), response.
 *
 * Rejects with whatever the handler or a hook threw. **A handler that throws undefined or null has succeeded.**
 */
export async function runInvocation(
  registry: AppRegistry,
  entry: FunctionEntry,
  request: InvocationRequest,
): Promise<InvocationResponse> {
  const { invocationId } = request;
  const known: { scope?: InvocationScope } = {}; // the library may log before it has made its context
  const core: CoreInvocationContext = {
    invocationId,
    request,
    metadata: entry.metadata,
    state: undefined,
    log(level, category, message) {
      const functionName = entry.metadata.name;
      registry.log({ level, category, message, functionName, invocationId, scope: known.scope });
    },
  };
  const model = programmingModel().getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  const scope = { hookData: {}, appHookData: registry.appHookData, invocationContext: context };
  known.scope = scope;

  const run: Run = async (given, callback) => {
    core.state = "invocation";
    try {
      return { result: await model.invokeFunction(context, given, callback), error: null };
    } catch (error) {
      return { result: null, error };
    } finally {
      core.state = undefined;
    }
  };
  const { hooks } = registry;
  const hooked = hooks.preInvocation.length > 0 || hooks.postInvocation.length > 0;
  const { result, error } = hooked
    ? await runWithHooks(run, core, scope, inputs, entry.callback, hooks)
    : await run(inputs, entry.callback);
  // oxlint-disable-next-line typescript/only-throw-error -- whatever the app threw, as it threw it
  if (error !== undefined && error !== null) throw error;
  return model.getResponse(context, result);
}

interface Outcome {
  readonly result: unknown;
  readonly error: unknown;
}

type Run = (inputs: unknown[], callback: FunctionCallback) => Promise<Outcome>;

async function runWithHooks(
  run: Run,
  core: CoreInvocationContext,
  scope: InvocationScope,
  inputs: unknown[],
  callback: FunctionCallback,
  hooks: AppRegistry["hooks"],
): Promise<Outcome> {
  const before = preInvocation(scope, inputs, callback);
  await during(core, "preInvocationHooks", hooks.preInvocation, before);
  const outcome = await run(before.inputs, before.functionCallback);
  const after = postInvocation(scope, before.inputs, outcome);
  await during(core, "postInvocationHooks", hooks.postInvocation, after);
  return after;
}

async function during(
  core: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext["state"]>,
  hooks: readonly HookCallback[],
  hookContext: object,
): Promise<void> {
  core.state = state;
  try {
    for (const hook of hooks) await hook(hookContext);
  } finally {
    core.state = undefined;
  }
}
