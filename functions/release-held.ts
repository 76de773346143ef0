import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { releaseHeld } from "#shared/use-cases/notify/release-held.ts";

/** Sends held deliveries on, paced, when their partner answers again. */
app.timer("release-held", {
  schedule: "%RELEASE_SCHEDULE%",
  handler: async () => {
    const deps = await loadApp();
    const released = await releaseHeld(deps);
    if (released > 0) deps.log.info("deliveries.released", { released });
  },
});
