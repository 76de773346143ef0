import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { problem } from "#shared/bindings/problem.ts";
import { pointerTo } from "#shared/bindings/request-body.ts";
import { ListQuery } from "#shared/contracts/resources.ts";
import { listOrders } from "#shared/use-cases/read-orders.ts";

/** The brand's orders, the newest first, page by page. */
app.http("list-orders", {
  methods: ["GET"],
  route: "orders",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "storefront",
    run: async (deps, { caller, request }) => {
      const query = ListQuery.safeParse(Object.fromEntries(request.query));
      if (!query.success) {
        const errors = query.error.issues.map(({ path, message }) => ({
          pointer: pointerTo(path),
          detail: message,
        }));
        return problem("invalid-query", { errors });
      }
      const result = await listOrders(deps, caller.owner, query.data);
      if (result.ok) return { status: 200, jsonBody: result.page };
      return problem("invalid-query", {
        errors: [{ pointer: "/after", detail: "is not a cursor of this list" }],
      });
    },
  }),
});
