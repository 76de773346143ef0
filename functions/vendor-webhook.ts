import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { DeliveryDue } from "#shared/contracts/messages.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { tellVendor } from "#shared/use-cases/notify/tell-vendor.ts";

/** Posts one vendor's notice to its webhook, signed. */
app.serviceBusQueue("vendor-webhook", {
  connection: "SERVICE_BUS",
  queueName: "vendor-webhook",
  handler: messageHandler(loadApp, {
    queue: "vendor-webhook",
    schema: DeliveryDue,
    budgetMs: budgetsMs["vendor-webhook"],
    run: (deps, { message, facts }) => tellVendor(deps, message, facts, "vendor-webhook"),
  }),
});
