import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { DeliveryDue } from "#shared/contracts/messages.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";

/** Mails one vendor's notice to a vendor without a webhook. */
app.serviceBusQueue("vendor-email", {
  connection: "SERVICE_BUS",
  queueName: "vendor-email",
  handler: messageHandler(loadApp, {
    queue: "vendor-email",
    schema: DeliveryDue,
    budgetMs: budgetsMs["vendor-email"],
    run: (deps, { message, facts }) => tellVendor(deps, message, facts, "vendor-email"),
  }),
});
