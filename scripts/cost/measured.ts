import { readFileSync } from "node:fs";
import { z } from "zod";

const Count = z.number().nonnegative();

const FunctionWork = z.strictObject({
  executions: Count,
  /** Mean of one execution, with partners that answer at once. */
  activeMs: Count,
  /** Calls of payment, stock, mail and vendors per execution; each waits for as long as the partner takes. */
  partnerCalls: Count,
});

/** What one order takes, counted on the embedded cloud by `npm run cost -- --measure`. */
const Measured = z.strictObject({
  measuredOn: z.iso.date(),
  orders: z.int().positive(),
  perOrder: z.strictObject({
    requestUnits: Count,
    serviceBus: z.strictObject({ sent: Count, forwarded: Count, received: Count, completed: Count }),
    mails: Count,
    functions: z.record(z.string(), FunctionWork),
  }),
  perStatusRead: z.strictObject({ requestUnits: Count, activeMs: Count }),
  /** Without any order: what timers look at. */
  standing: z.strictObject({
    requestUnitsPerHour: Count,
    serviceBusOperationsPerHour: Count,
    /** By the setting that has the timer's schedule. */
    executionsPerHour: z.record(z.string(), Count),
  }),
});
export type Measured = z.infer<typeof Measured>;

export const readMeasured = (file: string): Measured =>
  Measured.parse(JSON.parse(readFileSync(file, "utf8")));
export const asMeasured = (value: unknown): Measured => Measured.parse(value);
