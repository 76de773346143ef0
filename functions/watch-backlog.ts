import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { watchBacklog } from "#shared/use-cases/watch-backlog.ts";

/** Looks every minute at what waits, and rings where it waits too long. */
app.timer("watch-backlog", {
  schedule: "%WATCH_SCHEDULE%",
  handler: async () => {
    const deps = await loadApp();
    await watchBacklog({ ...deps, runbookUrl: deps.settings.RUNBOOK_URL });
  },
});
