import type { Log } from "#shared/ports/log.ts";

const MAIL_ADDRESS = /[^\s"<>@\\]{1,64}@[^\s"<>@\\]{1,255}/g;

/**
 * One JSON object per line on standard output, which the Functions host collects. Providers quote the address that they
 * refuse in their errors: what looks like one does not get into the log.
 */
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
  console[level](JSON.stringify({ event, ...facts }).replace(MAIL_ADDRESS, "…@…"));
}
