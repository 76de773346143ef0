import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { Scope } from "#shared/contracts/directory.ts";
import type { Occasion } from "#shared/domain/order.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import { authenticate, type Caller } from "./authenticate.ts";
import { problem } from "./problem.ts";

export interface HttpDeps {
  readonly directory: Directory;
  readonly system: System;
  readonly log: Log;
}

export interface Call {
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly occasion: Occasion;
}

/**
 * Wraps an endpoint for callers with an API key of the given scope. The only place where faults become status codes:
 * a store that cannot answer is 503 with Retry-After, a bug is 500 without a word of its cause.
 */
export function httpHandler<App extends HttpDeps>(
  loadApp: () => Promise<App>,
  endpoint: { readonly scope: Scope; readonly run: (app: App, call: Call) => Promise<HttpResponseInit> },
): HttpHandler {
  return guarded(loadApp, async (app, request, context) => {
    const authentication = await authenticate(
      app.directory,
      request.headers.get("authorization"),
      endpoint.scope,
    );
    if (!authentication.ok) {
      const challenge = authentication.reason === "unauthorized" ? { "www-authenticate": "Bearer" } : {};
      return problem(authentication.reason, { headers: challenge });
    }
    return await endpoint.run(app, {
      caller: authentication.caller,
      request,
      occasion: occasionOf(app.system, context),
    });
  });
}

/** Wraps an endpoint that anybody may call. */
export function publicHandler<App extends HttpDeps>(
  loadApp: () => Promise<App>,
  run: (app: App, request: HttpRequest) => Promise<HttpResponseInit>,
): HttpHandler {
  return guarded(loadApp, run);
}

function guarded<App extends HttpDeps>(
  loadApp: () => Promise<App>,
  run: (app: App, request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const app = await loadApp();
    try {
      return await run(app, request, context);
    } catch (error) {
      const facts = { function: context.functionName, invocation: context.invocationId };
      if (error instanceof TransientFault) {
        app.log.warn("http.store-unavailable", { ...facts, error: error.message });
        return problem("store-unavailable", { headers: { "retry-after": "1" } });
      }
      app.log.error("http.bug", { ...facts, error: error instanceof Error ? error.stack : String(error) });
      return problem("internal");
    }
  };
}

function occasionOf(system: System, context: InvocationContext): Occasion {
  const at = new Date(system.now()).toISOString();
  return { at, traceparent: context.traceContext?.traceParent };
}
