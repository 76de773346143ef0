import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { listCircuits } from "#shared/use-cases/list-circuits.ts";

/** Which partners and endpoints are in trouble, how much waits for them, and when they are tried next. */
app.http("list-circuits", {
  methods: ["GET"],
  route: "ops/circuits",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "ops",
    run: async (deps) => ({
      status: 200,
      jsonBody: { circuits: await listCircuits(deps, deps.system.now()) },
    }),
  }),
});
