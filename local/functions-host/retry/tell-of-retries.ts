import type { IndexedFunction } from "../app/index-functions.ts";
import type { Log } from "../../part.ts";

const WHY: Partial<Record<IndexedFunction["trigger"], string>> = {
  serviceBus: "Service Bus triggers have no retry policy; a failed message is abandoned and comes again",
  http: "http triggers have no retry policy; the caller is told of the failure",
};

/** Azure documents retry policies for timers and change feeds; elsewhere they are left out of account, and this says so. */
export function tellOfRetries(functions: readonly IndexedFunction[], log: Log): void {
  for (const { name, retry, trigger } of functions) {
    const why = WHY[trigger];
    if (retry !== undefined && why !== undefined) log("retry policy ignored", { function: name, why });
  }
}
