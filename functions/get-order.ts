import { createHash } from "node:crypto";
import { app } from "@azure/functions";
import { loadApp } from "#shared/app.ts";
import { httpHandler } from "#shared/bindings/http.ts";
import { problem } from "#shared/bindings/problem.ts";
import { readOrder } from "#shared/use-cases/read-orders.ts";

/** The truth about one order: state, timeline, and every notice with its next attempt. */
app.http("get-order", {
  methods: ["GET"],
  route: "orders/{id}",
  authLevel: "anonymous", // callers carry their own scoped keys, checked by the binding
  handler: httpHandler(loadApp, {
    scope: "storefront",
    run: async (deps, { caller, request }) => {
      const orderId = request.params["id"] ?? "";
      const view = await readOrder(deps, { brandId: caller.owner, orderId });
      if (view === undefined) return problem("not-found");
      const body = JSON.stringify(view);
      const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
      const headers = { etag, "cache-control": "private, no-cache", "content-type": "application/json" };
      if (matches(request.headers.get("if-none-match"), etag)) return { status: 304, headers };
      return { status: 200, headers, body };
    },
  }),
});

const matches = (ifNoneMatch: string | null, etag: string): boolean =>
  (ifNoneMatch ?? "").split(",").some((candidate) => {
    const known = candidate.trim().replace(/^W\//, "");
    return known === etag || known === "*";
  });
