import { registerHooks } from "node:module";
import { AppRegistry } from "#local/functions-host/worker/app-registry.ts";
import { serveCoreModule } from "#local/functions-host/worker/core-module.ts";

const STAND_IN = new URL("app-of-instance.ts", import.meta.url).href;

/**
 * The app's real functions, registered through Azure's own library, on whatever app `runningInstance` holds. Under Vitest
 * the caller mocks `#shared/app.ts` itself: it resolves modules in its own way.
 */
export async function registerFunctions(): Promise<AppRegistry> {
  const registry = new AppRegistry(() => undefined);
  serveCoreModule(registry);
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "#shared/app.ts" ? { url: STAND_IN, shortCircuit: true } : next(specifier, context),
  });
  await import("../../../functions/index.ts");
  hooks.deregister();
  return registry;
}
