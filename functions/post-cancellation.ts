import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { problem } from "#shared/bindings/problem.ts";
import { parseBody } from "#shared/bindings/request-body.ts";
import { CancellationRequest } from "#shared/contracts/resources.ts";
import { cancelOrder } from "#shared/use-cases/cancel-order.ts";

/** Ends an order that the customer or the brand no longer wants; goods and money go back behind the topics. */
app.http("post-cancellation", {
  methods: ["POST"],
  route: "orders/{id}/cancellation",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "storefront",
    run: async (deps, { caller, request, occasion }) => {
      const body = await parseBody(request, CancellationRequest, { emptyMeans: {} });
      if (!body.ok) return body.refusal;
      const ref = { brandId: caller.owner, orderId: request.params["id"] ?? "" };
      const result = await cancelOrder(deps, ref, body.value.reason, occasion);
      if (!result.ok) return problem(result.reason === "unknown" ? "not-found" : "handed-over");
      return { status: 202, headers: { location: result.receipt.statusUrl }, jsonBody: result.receipt };
    },
  }),
});
