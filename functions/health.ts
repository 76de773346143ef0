import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { publicHandler } from "#shared/bindings/http.ts";
import { checkHealth } from "#shared/use-cases/check-health.ts";

/** The process answers. */
app.http("health-live", {
  methods: ["GET"],
  route: "health/live",
  authLevel: "anonymous",
  handler: () => ({ status: 200, jsonBody: { status: "ok", checks: {} } }),
});

/** Orders can be taken: the order store answers. Nothing else can keep checkout from accepting. */
app.http("health-ready", {
  methods: ["GET"],
  route: "health/ready",
  authLevel: "anonymous",
  handler: publicHandler(loadApp, async (deps) => {
    const health = await checkHealth(deps);
    return { status: health.status === "ok" ? 200 : 503, jsonBody: health };
  }),
});
