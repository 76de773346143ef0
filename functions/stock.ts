import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { messageHandler } from "#shared/bindings/message.ts";
import { OrderEvent } from "#shared/contracts/messages.ts";
import { DONE } from "#shared/domain/outcome.ts";
import { budgetsMs } from "#shared/domain/retry.ts";
import { noteStopped } from "#shared/use-cases/note-stopped.ts";
import { prepareOrder } from "#shared/use-cases/prepare-order.ts";
import { returnOrder } from "#shared/use-cases/return-order.ts";
import { sellOrder } from "#shared/use-cases/sell-order.ts";

/** Holds goods and takes money for an order; gives both back for a cancelled one, and sells what was handed over. */
app.serviceBusQueue("stock", {
  connection: "SERVICE_BUS",
  queueName: "stock",
  handler: messageHandler(loadApp, {
    queue: "stock",
    schema: OrderEvent,
    budgetMs: budgetsMs.order,
    run: async (deps, { message, facts, occasion }) => {
      const repeated = facts.redelivered || facts.attempt > 1;
      const { type, data } = message;
      if (type === "order.placed.v1" || type === "order.answered.v1")
        await prepareOrder(deps, data, { occasion, repeated });
      if (type === "order.fulfilled.v1") await sellOrder(deps, data, occasion);
      if (type === "order.cancelled.v1") await returnOrder(deps, data, occasion);
      return DONE;
    },
    onParked: (deps, { message, occasion }, reason) => noteStopped(deps, message.data, reason, occasion.at),
  }),
});
