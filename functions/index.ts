import { app } from "@azure/functions";
import { closeApp, startInBackground } from "#shared/app.ts";

/* oxlint-disable import/no-unassigned-import -- importing a trigger registers it */
// All that runs. The order matters to HTTP routes only: the first match answers.
import "./post-order.ts";
import "./list-orders.ts";
import "./get-order.ts";
import "./post-cancellation.ts";
import "./get-question.ts";
import "./post-answer.ts";
import "./post-handover.ts";
import "./list-circuits.ts";
import "./health.ts";
import "./openapi.ts";
import "./sweep-outbox.ts";
import "./release-held.ts";
import "./follow-up-questions.ts";
import "./watch-backlog.ts";
import "./reconcile.ts";
import "./list-findings.ts";
import "./stock.ts";
import "./customer-email.ts";
import "./vendor-notices.ts";
import "./vendor-webhook.ts";
import "./vendor-email.ts";
import "./not-found.ts";

app.hook.appStart(() => void startInBackground());
app.hook.appTerminate(closeApp);
