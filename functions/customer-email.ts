import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { z } from "zod";
import { DeliveryDue, OrderEvent } from "#shared/contracts/messages.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { tellCustomer } from "#shared/use-cases/notify/tell-customer.ts";

/** Mails the customer about each event of the order, once; a mail that was held comes back by its delivery's name. */
app.serviceBusQueue("customer-email", {
  connection: "SERVICE_BUS",
  queueName: "customer-email",
  handler: messageHandler(loadApp, {
    queue: "customer-email",
    schema: z.discriminatedUnion("type", [OrderEvent, DeliveryDue]),
    budgetMs: budgetsMs["customer-email"],
    run: (deps, { message, facts }) => tellCustomer(deps, message, facts),
  }),
});
