import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { problem } from "#shared/bindings/problem.ts";
import { handOverOrder } from "#shared/use-cases/hand-over-order.ts";

/** A vendor says that its lines of an order are on their way. */
app.http("post-handover", {
  methods: ["POST"],
  route: "vendor/orders/{id}/handover",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "vendor",
    run: async (deps, { caller, request, occasion }) => {
      const vendor = { vendorId: caller.owner, orderId: request.params["id"] ?? "" };
      const result = await handOverOrder(deps, vendor, occasion);
      if (!result.ok) return problem(result.reason === "unknown" ? "not-found" : "not-confirmed");
      return { status: 200, jsonBody: result.receipt };
    },
  }),
});
