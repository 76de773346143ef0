import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { reconcile } from "#shared/use-cases/reconcile/reconcile.ts";

/** Runs may fail or be left out: each looks back over several of them. */
const LOOK_BACK_MS = 3 * 24 * 60 * 60 * 1000;

/** Compares orders, stock, payments and notices with each other, repairs what is safe and keeps the rest as findings. */
app.timer("reconcile", {
  schedule: "%RECONCILE_SCHEDULE%",
  handler: async () => {
    const deps = await loadApp();
    await reconcile(deps, new Date(deps.system.now() - LOOK_BACK_MS).toISOString());
  },
});
