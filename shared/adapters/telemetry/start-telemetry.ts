import type { Settings } from "#shared/contracts/settings.ts";
import type { Telemetry } from "#shared/ports/telemetry.ts";
import type { TokenCredential } from "@azure/identity";
import type { PrintLine } from "./terminal.ts";

/**
 * Telemetry as it is configured, undefined where it is not. Everything it needs is loaded here and not before, so that
 * it costs a start nothing; call it once the app takes orders.
 */
export async function startTelemetry(settings: Settings, print: PrintLine): Promise<Telemetry | undefined> {
  const connectionString = settings.APPLICATIONINSIGHTS_CONNECTION_STRING;
  const otlpEndpoint = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  const toTerminal = settings.TELEMETRY_TO_TERMINAL ? print : undefined;
  if (connectionString === undefined && otlpEndpoint === undefined && toTerminal === undefined)
    return undefined;
  const service = settings.OTEL_SERVICE_NAME;
  const [{ exportersTo }, { createOtelTelemetry }] = await Promise.all([
    import("./exporters.ts"),
    import("./otel-telemetry.ts"),
  ]);
  const exporters = exportersTo({ otlpEndpoint, print: toTerminal });
  if (connectionString === undefined) {
    const { startOpenTelemetry } = await import("./open-telemetry.ts");
    return createOtelTelemetry(startOpenTelemetry(service, exporters));
  }
  const { startAzureMonitor } = await import("./azure-monitor.ts");
  const credential = await credentialOf(settings.APPLICATIONINSIGHTS_AUTHENTICATION_STRING);
  const sampling = settings.TELEMETRY_SAMPLING;
  return createOtelTelemetry(
    startAzureMonitor({ connectionString, credential, service, sampling }, exporters),
  );
}

async function credentialOf(authentication: string | undefined): Promise<TokenCredential | undefined> {
  if (authentication === undefined) return undefined;
  const { DefaultAzureCredential } = await import("@azure/identity");
  const managedIdentityClientId = /;ClientId=([^;]+)/.exec(authentication)?.[1];
  return new DefaultAzureCredential(managedIdentityClientId === undefined ? {} : { managedIdentityClientId });
}
