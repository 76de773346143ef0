import { z } from "zod";

/** ISO 4217 codes that the runtime knows; refuses look-alikes such as "AUS". */
const currencyCodes: ReadonlySet<string> = new Set(Intl.supportedValuesOf("currency"));

export const CurrencyCode = z
  .string()
  .regex(/^[A-Z]{3}$/, "must be three upper-case letters")
  .refine((code) => currencyCodes.has(code), "is not an ISO 4217 currency code")
  .meta({ id: "CurrencyCode", description: "ISO 4217 currency code", examples: ["AUD"] });

const WITHOUT_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(" ");
const WITH_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND".split(" ");
const WITH_FOUR_DIGITS = "CLF UYW".split(" ");

const minorDigits: ReadonlyMap<string, number> = new Map([
  ...WITHOUT_MINOR_UNIT.map((code) => [code, 0] as const),
  ...WITH_THREE_DIGITS.map((code) => [code, 3] as const),
  ...WITH_FOUR_DIGITS.map((code) => [code, 4] as const),
]);

/**
 * How many digits of an amount are minor units, by ISO 4217. `Intl` is no help: it knows how people write prices, and
 * leaves the minor unit out for forints, rupiahs and a dozen others that have one.
 */
export const minorDigitsOf = (currency: string): number => minorDigits.get(currency) ?? 2;

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
