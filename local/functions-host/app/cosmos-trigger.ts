import { HostRefusal } from "../refusal.ts";
import { connectionString } from "../settings.ts";
import { type BindingContext, flag, property, resolved, text } from "./binding-properties.ts";
import type { CosmosFunction, Indexed } from "./index-functions.ts";
import { cosmosContainer } from "./io-bindings.ts";

export function cosmosTrigger(context: BindingContext): Omit<CosmosFunction, keyof Indexed> {
  const { binding, settings, where } = context;
  const mode = text(binding, "changeFeedMode") ?? "LatestVersion";
  if (mode !== "LatestVersion") {
    throw new HostRefusal(
      "not-supported",
      `${where} asks for changeFeedMode "${mode}"; only LatestVersion is here`,
    );
  }
  const source = cosmosContainer(context);
  const lease = text(binding, "leaseConnection");
  return {
    trigger: "cosmosDB",
    ...source,
    startFrom: startFrom(context),
    maxItemsPerInvocation: positive(context, "maxItemsPerInvocation"),
    feedPollDelayMs: positive(context, "feedPollDelay"),
    leases: {
      connectionString:
        lease === undefined ? source.connectionString : connectionString(lease, settings, where),
      databaseName: resolved(context, "leaseDatabaseName") ?? source.databaseName,
      containerName: resolved(context, "leaseContainerName") ?? "leases",
      createIfNotExists: flag(context, "createLeaseContainerIfNotExists") === true,
      throughput: positive(context, "leasesContainerThroughput"),
      prefix: resolved(context, "leaseContainerPrefix") ?? "",
      acquireIntervalMs: positive(context, "leaseAcquireInterval"),
      expirationIntervalMs: positive(context, "leaseExpirationInterval"),
      renewIntervalMs: positive(context, "leaseRenewInterval"),
    },
  };
}

function startFrom(context: BindingContext): CosmosFunction["startFrom"] {
  const { where } = context;
  const beginning = flag(context, "startFromBeginning") === true;
  const time = resolved(context, "startFromTime");
  if (time === undefined) return beginning ? "beginning" : "now";
  if (beginning) {
    throw new HostRefusal("function-invalid", `${where} has both startFromBeginning and startFromTime`);
  }
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date;
  throw new HostRefusal("function-invalid", `${where}: startFromTime "${time}" is not an ISO 8601 date`);
}

function positive({ binding, where }: BindingContext, name: string): number | undefined {
  const value = property(binding, name);
  if (value === undefined || value === 0 || value === -1) return undefined; // .NET's way to leave it to the default
  const count = Number(value);
  if (Number.isInteger(count) && count > 0) return count;
  throw new HostRefusal("function-invalid", `${where}: ${name} is not a positive whole number`);
}
