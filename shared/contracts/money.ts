import { z } from "zod";

/** ISO 4217 codes that the runtime knows; refuses look-alikes such as "AUS". */
const currencyCodes: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

export const CurrencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, "must be three upper-case letters")
  .refine((code) => currencyCodes.has(code), "is not an ISO 4217 currency code")
  .meta({ id: "CurrencyCode", description: "ISO 4217 currency code", examples: ["AUD"] });

/** Far above any basket, far below the point where sums lose precision. */
const MAX_UNIT_PRICE_MINOR = 100_000_000;

export const UnitPriceMinor = z
  .int()
  .min(0)
  .max(MAX_UNIT_PRICE_MINOR)
  .meta({ description: "Price of one piece in minor units of the currency (cents)", examples: [1250] });

/** An amount in whole minor units (cents). */
export interface Money {
  readonly amountMinor: number;
  readonly currency: string;
}
