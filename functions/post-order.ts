import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { countOrder } from "#shared/bindings/count-orders.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { problem } from "#shared/bindings/problem.ts";
import { parseBody } from "#shared/bindings/request-body.ts";
import { IdempotencyKey, OrderRequest } from "#shared/contracts/order-request.ts";
import { acceptOrder } from "#shared/use-cases/accept-order.ts";

/** Stores the order with its outbox and answers 202; everything after that happens behind the topics. */
app.http("post-order", {
  methods: ["POST"],
  route: "orders",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "storefront",
    answered: countOrder,
    run: async (deps, { caller, request, occasion }) => {
      const header = request.headers.get("idempotency-key");
      if (header === null) return problem("idempotency-key-missing");
      const key = IdempotencyKey.safeParse(header);
      if (!key.success)
        return problem("invalid-header", { detail: `Idempotency-Key ${key.error.issues[0]?.message}` });
      const body = await parseBody(request, OrderRequest);
      if (!body.ok) return body.refusal;

      const result = await acceptOrder(deps, {
        brandId: caller.owner,
        idempotencyKey: key.data,
        request: body.value,
        occasion,
      });
      if (result.ok) {
        const replayed = result.replayed ? { "idempotency-replayed": "true" } : {};
        return {
          status: 202,
          headers: { location: result.receipt.statusUrl, ...replayed },
          jsonBody: result.receipt,
        };
      }
      if (result.reason === "key-reused") return problem("idempotency-key-reused");
      const errors = result.lines.map((line) => ({
        pointer: `/lines/${line}/vendorId`,
        detail: "is not a vendor of this brand",
      }));
      return problem("invalid", { errors });
    },
  }),
});
