import { HostRefusal } from "../refusal.ts";

/**
 * How a failed run is repeated: in memory, by the instance that ran it, each time as a new invocation. `maxRetryCount` -1
 * means for ever. The library sends whole seconds.
 */
export type RetryPolicy =
  | { readonly strategy: "fixedDelay"; readonly maxRetryCount: number; readonly delayMs: number }
  | {
      readonly strategy: "exponentialBackoff";
      readonly maxRetryCount: number;
      readonly minimumMs: number;
      readonly maximumMs: number;
    };

/** The library's duration: `{ seconds }`. */
const milliseconds = (value: unknown): number | undefined =>
  typeof value === "object" && value !== null && "seconds" in value && Number.isFinite(Number(value.seconds))
    ? Number(value.seconds) * 1000
    : undefined;

/** @param options what the library made of the function's `retry`. */
export function retryPolicy(
  options: Readonly<Record<string, unknown>> | undefined,
  where: string,
): RetryPolicy | undefined {
  if (options === undefined) return undefined;
  const refuse = (what: string): never => {
    throw new HostRefusal("function-invalid", `${where}: retry.${what}`);
  };
  const maxRetryCount = options["maxRetryCount"];
  if (typeof maxRetryCount !== "number" || !Number.isInteger(maxRetryCount) || maxRetryCount < -1) {
    return refuse("maxRetryCount must be a whole number, or -1 for no limit");
  }
  const strategy = options["retryStrategy"] ?? options["strategy"];
  if (strategy === "fixedDelay") {
    const delayMs = milliseconds(options["delayInterval"]);
    return { strategy, maxRetryCount, delayMs: delayMs ?? refuse("delayInterval is missing") };
  }
  if (strategy !== "exponentialBackoff") return refuse(`strategy "${String(strategy)}" is unknown`);
  const minimumMs = milliseconds(options["minimumInterval"]) ?? refuse("minimumInterval is missing");
  const maximumMs = milliseconds(options["maximumInterval"]) ?? refuse("maximumInterval is missing");
  if (minimumMs > maximumMs) refuse("minimumInterval is longer than maximumInterval");
  return { strategy, maxRetryCount, minimumMs, maximumMs };
}
