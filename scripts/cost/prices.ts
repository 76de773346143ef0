import { readFileSync } from "node:fs";
import { z } from "zod";

const Price = z.number().nonnegative();

/** What Azure asks for, as of a day. Months are those of the tiers and free grants. */
const Prices = z.strictObject({
  asOf: z.iso.date(),
  region: z.string(),
  currency: z.string(),
  note: z.string(),
  sources: z.array(z.url()),
  functions: z.strictObject({
    onDemand: z.strictObject({
      perMillionExecutions: Price,
      perGbSecond: Price,
      freeExecutions: Price,
      freeGbSeconds: Price,
    }),
    alwaysReady: z.strictObject({
      perMillionExecutions: Price,
      perGbSecond: Price,
      baselinePerGbSecond: Price,
    }),
    /** An instance that wakes up is paid for at least so long. */
    shortestActivePeriodMs: Price,
  }),
  serviceBus: z.strictObject({
    basePerMonth: Price,
    /** Each tier's price is for the operations above the tier before; null has no end. */
    operationTiers: z.array(z.strictObject({ upTo: Price.nullable(), perMillion: Price })).min(1),
  }),
  cosmos: z.strictObject({ perMillionRequestUnits: Price, autoscalePer100RequestUnitsPerHour: Price }),
  mail: z.strictObject({ perMail: Price }),
});
export type Prices = z.infer<typeof Prices>;

export const readPrices = (file: string): Prices => Prices.parse(JSON.parse(readFileSync(file, "utf8")));
