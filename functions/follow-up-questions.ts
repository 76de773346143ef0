import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { followUpQuestions } from "#shared/use-cases/follow-up-questions.ts";

/** Reminds customers of open questions, and cancels the orders whose questions were asked and not answered in time. */
app.timer("follow-up-questions", {
  schedule: "%FOLLOW_UP_SCHEDULE%",
  handler: async () => {
    const deps = await loadApp();
    const { moved } = await followUpQuestions(deps, deps.system.now());
    if (moved > 0) deps.log.info("questions.followed-up", { orders: moved });
  },
});
