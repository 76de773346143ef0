import type { HttpResponseInit } from "@azure/functions";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import type { Caller } from "./authenticate.ts";

/** The service level of taking orders is made of these two: see docs/operations.md. */
export function countOrder(telemetry: Telemetry, caller: Caller | undefined, answer: HttpResponseInit): void {
  const brand = caller === undefined ? {} : { brand: caller.owner };
  const status = answer.status ?? 200;
  if (status === 202) {
    const replayed = Object.hasOwn(Object(answer.headers), "idempotency-replayed");
    telemetry.record("orders.accepted", 1, { ...brand, replayed });
    return;
  }
  telemetry.record("orders.refused", 1, { ...brand, reason: reasonOf(answer), status });
}

/** The name of the problem; its details may quote the customer's words. */
function reasonOf({ body }: HttpResponseInit): string {
  if (typeof body !== "string") return "unknown";
  const { type }: { type?: unknown } = JSON.parse(body);
  return typeof type === "string" ? type.replace("/problems/", "") : "unknown";
}
