import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { Scope } from "#shared/contracts/directory.ts";
import type { Occasion } from "#shared/domain/order.ts";
import type { Directory } from "#shared/ports/directory.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import { authenticate, type Caller } from "./authenticate.ts";
import { problem } from "./problem.ts";

export interface HttpDeps {
  readonly directory: Directory;
  readonly system: System;
  readonly log: Log;
  readonly telemetry: Telemetry;
}

export interface Call {
  readonly caller: Caller;
  readonly request: HttpRequest;
  readonly occasion: Occasion;
}

export interface HttpEndpoint<App> {
  readonly scope: Scope;
  readonly run: (app: App, call: Call) => Promise<HttpResponseInit>;
  /** Told of every answer, refusals and failures included; without a caller where no key was good. */
  readonly answered?: (telemetry: Telemetry, caller: Caller | undefined, answer: HttpResponseInit) => void;
}

/** Wraps an endpoint for callers with an API key of the given scope. */
export function httpHandler<App extends HttpDeps>(
  loadApp: () => Promise<App>,
  endpoint: HttpEndpoint<App>,
): HttpHandler {
  return async (request, context) => {
    const app = await loadApp();
    let caller: Caller | undefined;
    const answer = await guarded(app, context, async (traceparent) => {
      const authentication = await authenticate(
        app.directory,
        request.headers.get("authorization"),
        endpoint.scope,
      );
      if (!authentication.ok) {
        const challenge = authentication.reason === "unauthorized" ? { "www-authenticate": "Bearer" } : {};
        return problem(authentication.reason, { headers: challenge });
      }
      caller = authentication.caller;
      const at = new Date(app.system.now()).toISOString();
      return await endpoint.run(app, { caller, request, occasion: { at, traceparent } });
    });
    endpoint.answered?.(app.telemetry, caller, answer);
    return answer;
  };
}

/** Wraps an endpoint that needs no API key. */
export function publicHandler<App extends HttpDeps>(
  loadApp: () => Promise<App>,
  run: (app: App, request: HttpRequest, occasion: Occasion) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const app = await loadApp();
    return await guarded(app, context, (traceparent) =>
      run(app, request, { at: new Date(app.system.now()).toISOString(), traceparent }),
    );
  };
}

/**
 * The only place where faults become status codes: a store that cannot answer is 503 with Retry-After, a bug is 500
 * without a word of its cause.
 */
async function guarded(
  app: HttpDeps,
  context: InvocationContext,
  run: (traceparent: string | undefined) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const { functionName: name, invocationId: invocation } = context;
  const parent = context.traceContext?.traceParent;
  return await app.telemetry.span({ name, kind: "work", parent }, async (span) => {
    try {
      const answer = await run(span.traceparent);
      span.note({ "http.response.status_code": answer.status ?? 200 });
      return answer;
    } catch (error) {
      const facts = { function: name, invocation };
      span.fail(error instanceof Error ? error.name : "unknown");
      if (error instanceof TransientFault) {
        app.log.warn("http.store-unavailable", { ...facts, error: error.message });
        return problem("store-unavailable", { headers: { "retry-after": "1" } });
      }
      app.log.error("http.bug", { ...facts, error: error instanceof Error ? error.stack : String(error) });
      return problem("internal");
    }
  });
}
