import { app } from "@azure/functions";
import { openApiDocument } from "#shared/contracts/openapi.ts";

/** The contract of this API, made from the schemas that it is checked by. */
app.http("openapi", {
  methods: ["GET"],
  route: "openapi.json",
  authLevel: "anonymous",
  handler: () => ({ status: 200, jsonBody: openApiDocument() }),
});
