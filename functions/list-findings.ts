import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";

/** What the reconciler found and nobody has set right, the oldest first. */
app.http("list-findings", {
  methods: ["GET"],
  route: "ops/findings",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "ops",
    run: async ({ findings }) => ({ status: 200, jsonBody: { findings: await findings.open() } }),
  }),
});
