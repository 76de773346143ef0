import type { Settings } from "#shared/contracts/settings.ts";

/**
 * Azure Monitor, only where it is configured and only after the app has started: loading it takes longer than everything
 * else together. A failure to start it must never keep an order from being taken.
 */
export async function startTelemetry(settings: Settings): Promise<void> {
  const connectionString = settings.APPLICATIONINSIGHTS_CONNECTION_STRING;
  if (connectionString === undefined) return;
  const { default: applicationInsights } = await import("applicationinsights");
  applicationInsights.setup(connectionString).start();
}
