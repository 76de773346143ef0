import { setDefaultCACertificates } from "node:tls";
import { expect, test } from "vitest";
import { startAzureMonitor } from "#shared/adapters/telemetry/azure-monitor.ts";
import { createOtelTelemetry } from "#shared/adapters/telemetry/otel-telemetry.ts";
import { issueForLocalhost } from "#local/service-bus/tls/issue.ts";
import { startTelemetryReceiver, type TelemetryReceiver } from "../fakes/telemetry-receiver.ts";
import { azureSpans, azureValues, envelopesAt } from "./azure-monitor-seen.ts";
import { testTelemetry } from "./telemetry.contract.ts";

const asked: (string | string[])[] = [];
let receiver: TelemetryReceiver;

testTelemetry("Azure Monitor, under an identity", async () => {
  const certificates = issueForLocalhost(Date.now());
  setDefaultCACertificates([certificates.authority]);
  receiver = await startTelemetryReceiver({ cert: certificates.certificate, key: certificates.key });
  const parts = startAzureMonitor(
    {
      connectionString: `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=${receiver.url}/`,
      credential: {
        getToken: (scopes) => {
          asked.push(scopes);
          return Promise.resolve({
            token: "a-token-of-the-identity",
            expiresOnTimestamp: Date.now() + 3_600_000,
          });
        },
      },
      service: "func-stock-stable",
      sampling: 1,
    },
    { spanProcessors: [], metricReaders: [] },
  );
  return {
    telemetry: createOtelTelemetry(parts),
    spans: () => azureSpans(receiver),
    values: () => azureValues(receiver),
    async stop() {
      await parts.stop();
      await receiver.stop();
    },
  };
});

test("everything is sent under the identity, and nothing without it", () => {
  expect(receiver.requests.length).toBeGreaterThan(0);
  for (const { headers } of receiver.requests)
    expect(headers.authorization).toBe("Bearer a-token-of-the-identity");
  expect(asked.flat()).toContain("https://monitor.azure.com/.default");
});

test("everything bears the name of the part of the app that sent it", () => {
  const roles = new Set(envelopesAt(receiver).map(({ tags }) => tags["ai.cloud.role"]));
  expect([...roles]).toEqual(["func-stock-stable"]);
});

test("nothing but our own spans and values is sent: requests are the host's to report", () => {
  const kinds = new Set(envelopesAt(receiver).map(({ data }) => data.baseType));
  expect([...kinds].toSorted()).toEqual(["MetricData", "RemoteDependencyData"]);
});
