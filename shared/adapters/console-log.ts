import { withoutMailAddresses } from "#shared/domain/mail-addresses.ts";
import type { Log } from "#shared/ports/log.ts";

/** One JSON object per line on standard output, which the Functions host collects; without mail addresses. */
export const consoleLog: Log = {
  info: (event, facts) => print("info", event, facts),
  warn: (event, facts) => print("warn", event, facts),
  error: (event, facts) => print("error", event, facts),
};

function print(
  level: "info" | "warn" | "error",
  event: string,
  facts: Readonly<Record<string, unknown>> = {},
): void {
  console[level](withoutMailAddresses(JSON.stringify({ event, ...facts })));
}
