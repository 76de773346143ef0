import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { OrderEvent } from "#shared/contracts/messages.ts";
import { DONE } from "#shared/domain/outcome.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { returnOrder } from "#shared/use-cases/return-order.ts";

/** Holds goods and takes money for a placed order; gives both back for a cancelled one. */
app.serviceBusQueue("stock", {
  connection: "SERVICE_BUS",
  queueName: "stock",
  handler: messageHandler(loadApp, {
    queue: "stock",
    schema: OrderEvent,
    budgetMs: budgetsMs.order,
    run: async (deps, { message, facts, occasion }) => {
      const repeated = facts.redelivered || facts.attempt > 1;
      if (message.type === "order.placed.v1") await prepareOrder(deps, message.data, { occasion, repeated });
      if (message.type === "order.cancelled.v1") await returnOrder(deps, message.data, occasion);
      return DONE;
    },
  }),
});
