import { parseArgs } from "node:util";
import { type PartName, partNames } from "#local/cloud/index.ts";
import { onStopSignal } from "./leave-with-parent.ts";
import { terminalLog } from "./terminal-log.ts";
import { followLedgers, lineFor } from "./ledger-lines.ts";
import { placeFromEnvironment, type RunningExpedite, startExpedite } from "./expedite.ts";
import { sampleOrders } from "./seed/shop.ts";

const ASK_AGAIN_AFTER_MS = 500;
const FIRST_ORDER_WITHIN_MS = 30_000;

const startedAt = Date.now();
try {
  const only = partsFromCommandLine();
  const place = placeFromEnvironment(process.env);
  console.log(`Starting Expedite on Node ${process.versions.node}, data in ${place.home}`);
  const expedite = await startExpedite({
    ...place,
    ...(only === undefined ? {} : { only }),
    log: terminalLog,
  });
  stopOnSignals(expedite);
  introduce(expedite);
  if (expedite.cloud.parts.has("partners")) {
    await followLedgers(expedite.endpoints.partners, (partner, entry) =>
      console.log(lineFor(partner, entry)),
    );
  }
  if (expedite.cloud.parts.has("functions")) await placeFirstOrder(expedite);
} catch (error) {
  console.error(`Expedite did not start: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function partsFromCommandLine(): PartName[] | undefined {
  const { values } = parseArgs({ options: { only: { type: "string" } } });
  return values.only?.split(",").map((name) => {
    const known = partNames.find((part) => part === name.trim());
    if (known === undefined)
      throw new Error(`--only ${name}: there is no such part; known are ${partNames.join(", ")}`);
    return known;
  });
}

/** The first Ctrl-C stops in good order; who presses it again does not want to wait. */
function stopOnSignals(expedite: RunningExpedite): void {
  let stopping = false;
  onStopSignal(() => {
    if (stopping) process.exit(1);
    stopping = true;
    console.log("Stopping: work under way is finished, everything accepted is on disk …");
    void expedite.stop().finally(() => process.exit(0));
  });
}

function introduce({ cloud, endpoints, secrets, endpointsFile }: RunningExpedite): void {
  const addresses: Readonly<Record<PartName, string>> = {
    functions: `${endpoints.functions}/api   (contract: ${endpoints.functions}/api/openapi.json)`,
    "service-bus": `${endpoints.serviceBus.connectionString.split(";")[0]?.slice(9)}   administration ${endpoints.serviceBus.administration}`,
    cosmos: endpoints.cosmos.endpoint,
    storage: "Azurite, blobs queues tables",
    partners: `${endpoints.partners}   payments, stock, mail, webhooks; SMTP ${new URL(endpoints.mail.smtp).host}`,
  };
  for (const name of partNames) {
    if (cloud.parts.has(name)) console.log(`  ${name.padEnd(12)} ${addresses[name]}`);
  }
  console.log(
    `Ready after ${((Date.now() - startedAt) / 1000).toFixed(1)} s. Addresses and keys: ${endpointsFile}`,
  );
  if (!cloud.parts.has("functions")) return;
  const [brand, sample] = Object.entries(sampleOrders)[0] ?? [];
  console.log(`
Place an order of your own (${brand}):
  curl -i ${endpoints.functions}/api/orders \\
    -H 'Authorization: Bearer ${secrets.keys.storefront[brand ?? ""]}' \\
    -H "Idempotency-Key: my-order-$RANDOM" -H 'Content-Type: application/json' \\
    -d '${JSON.stringify(sample)}'

What reaches the partners (Ctrl-C stops):`);
}

/** A newcomer sees an order go through without typing; the key makes it one order, however often this is started. */
async function placeFirstOrder(expedite: RunningExpedite): Promise<void> {
  const deadline = Date.now() + FIRST_ORDER_WITHIN_MS;
  for (;;) {
    const response = await postFirstOrder(expedite).catch(() => undefined);
    if (response !== undefined && response.status < 500) {
      const replayed = response.headers.get("idempotency-replayed") === "true";
      const words = replayed ? "placed in an earlier run" : "accepted";
      console.log(`  first order: ${response.status} ${words}, ${response.headers.get("location")}`);
      return;
    }
    // A part may be on its way back up. Whatever happens to this order, the cloud is not to blame and stays.
    if (Date.now() > deadline) {
      console.log("  first order: nobody took it for 30 s; the lines above may say why");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_AFTER_MS));
  }
}

async function postFirstOrder({ endpoints, secrets }: RunningExpedite): Promise<Response> {
  const [brand = "", sample] = Object.entries(sampleOrders)[0] ?? [];
  return await fetch(`${endpoints.functions}/api/orders`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secrets.keys.storefront[brand]}`,
      "content-type": "application/json",
      "idempotency-key": "the-first-order",
    },
    body: JSON.stringify(sample),
  });
}
