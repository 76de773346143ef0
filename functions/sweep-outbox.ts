import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { sweepOutbox } from "#shared/use-cases/publish-outbox.ts";

/** Publishes what a crash or an outage of Service Bus left in the outboxes. */
app.timer("sweep-outbox", {
  schedule: "%SWEEP_SCHEDULE%",
  handler: async () => {
    const deps = await loadApp();
    const { swept } = await sweepOutbox(deps, deps.system.now());
    if (swept > 0) deps.log.info("outbox.swept", { orders: swept });
  },
});
