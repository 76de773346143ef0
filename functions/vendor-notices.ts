import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { OrderEvent } from "#shared/contracts/messages.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { planVendorNotices } from "#shared/use-cases/notify/plan-vendor-notices.ts";

/** Splits one event of an order into one delivery per vendor, so that no vendor waits for another. */
app.serviceBusQueue("vendor-notices", {
  connection: "SERVICE_BUS",
  queueName: "vendor-notices",
  handler: messageHandler(loadApp, {
    queue: "vendor-notices",
    schema: OrderEvent,
    budgetMs: budgetsMs["vendor-webhook"],
    run: (deps, { message, occasion }) => planVendorNotices(deps, message.data, message.type, occasion),
  }),
});
