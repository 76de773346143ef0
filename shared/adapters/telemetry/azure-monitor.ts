import { metrics, trace } from "@opentelemetry/api";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { flushAzureMonitor, shutdownAzureMonitor, useAzureMonitor } from "applicationinsights";
import type { TokenCredential } from "@azure/identity";
import type { Exporters } from "./exporters.ts";
import type { OtelParts } from "./otel-telemetry.ts";

export interface AzureMonitorOptions {
  readonly connectionString: string;
  /** Where keys are switched off, whoever sends has to say who it is. */
  readonly credential: TokenCredential | undefined;
  /** Which part of the app this is: its cloud role name. */
  readonly service: string;
  /** Share of traces that are kept, decided by the trace id: the same everywhere. */
  readonly sampling: number;
}

const off = { enabled: false };

/** The package's statistics about itself, which go to Microsoft and not to us. */
const OWN_STATISTICS = ["APPLICATION_INSIGHTS_NO_STATSBEAT", "APPLICATIONINSIGHTS_SDKSTATS_DISABLED"];

/**
 * Azure Monitor's own distribution of OpenTelemetry, with nothing collected by itself: the bundle cannot be instrumented
 * from outside, spans are explicit, and the Functions host reports requests and log lines. Import this module lazily:
 * loading it takes longer than everything else together.
 */
export function startAzureMonitor(
  { connectionString, credential, service, sampling }: AzureMonitorOptions,
  { spanProcessors, metricReaders }: Exporters,
): OtelParts & { readonly stop: () => Promise<void> } {
  // oxlint-disable-next-line node/no-process-env -- the package has no option for it
  for (const name of OWN_STATISTICS) process.env[name] ??= "true";
  useAzureMonitor({
    azureMonitorExporterOptions: {
      connectionString,
      ...(credential === undefined ? {} : { credential }),
      disableOfflineStorage: true,
    },
    resource: resourceFromAttributes({ "service.name": service }),
    samplingRatio: sampling,
    tracesPerSecond: 0,
    spanProcessors,
    metricReaders,
    enableLiveMetrics: false,
    enableStandardMetrics: false,
    enablePerformanceCounters: false,
    enableAutoCollectExceptions: false,
    enableAutoCollectPerformance: false,
    instrumentationOptions: {
      azureSdk: off,
      http: off,
      mongoDb: off,
      mySql: off,
      postgreSql: off,
      redis: off,
      redis4: off,
      bunyan: off,
      winston: off,
      console: off,
    },
  });
  return {
    tracer: trace.getTracer("expedite"),
    meter: metrics.getMeter("expedite"),
    flush: flushAzureMonitor,
    stop: shutdownAzureMonitor,
  };
}
