import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Endpoints } from "#local/cloud/index.ts";
import type { Secrets } from "./seed/secrets.ts";

const SettingsFile = z.object({ Values: z.record(z.string(), z.string()) });

const valuesIn = (file: string): Record<string, string> =>
  existsSync(file) ? SettingsFile.parse(JSON.parse(readFileSync(file, "utf8"))).Values : {};

/**
 * The app settings on this machine: the sample, then where the embedded cloud really is, then whatever the developer
 * has put into `local.settings.json`.
 */
export function localSettings(root: string, endpoints: Endpoints, secrets: Secrets): Record<string, string> {
  const { functions, cosmos, serviceBus, storage, partners, mail } = endpoints;
  return {
    ...valuesIn(join(root, "local.settings.sample.json")),
    AzureWebJobsStorage: storage.connectionString,
    COSMOS_ENDPOINT: cosmos.endpoint,
    COSMOS_KEY: cosmos.key,
    SERVICE_BUS: serviceBus.connectionString,
    PUBLIC_URL: functions,
    LINK_KEYS: secrets.linkKey,
    PAYMENTS_URL: partners,
    PAYMENTS_KEY: secrets.partners.payments,
    STOCK_PARTNER_URL: partners,
    STOCK_PARTNER_KEY: secrets.partners.stock,
    MAIL_CONNECTION_STRING: mail.connectionString,
    SMTP_URL: mail.smtp,
    WEBHOOK_PRIVATE_TARGETS: new URL(partners).host,
    ...valuesIn(join(root, "local.settings.json")),
  };
}
