import { app } from "@azure/functions";
import { problem } from "#shared/bindings/problem.ts";
import { methodsOf } from "#shared/contracts/http-api.ts";

/** Answers what no route takes, so that a wrong address or method is a problem document too. Must come last. */
app.http("not-found", {
  methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
  route: "{*path}",
  authLevel: "anonymous",
  handler: (request) => {
    const allowed = methodsOf(request.params["path"] ?? "");
    if (allowed.length === 0) return problem("not-found");
    return problem("method-not-allowed", { headers: { allow: allowed.join(", ") } });
  },
});
