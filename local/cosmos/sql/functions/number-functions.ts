import { fixed, ofNumber, type FunctionTable } from "./function.ts";

/** Halves are rounded away from zero. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

export const numberFunctions: FunctionTable = {
  ABS: ofNumber(Math.abs),
  CEILING: ofNumber(Math.ceil),
  FLOOR: ofNumber(Math.floor),
  ROUND: ofNumber(round),
  SIGN: ofNumber(Math.sign),
  SQRT: ofNumber(Math.sqrt),
  SQUARE: ofNumber((value) => value * value),
  TRUNC: ofNumber(Math.trunc),
  POWER: fixed(2, (base, exponent) => {
    if (typeof base !== "number" || typeof exponent !== "number") return undefined;
    const result = base ** exponent;
    return Number.isFinite(result) ? result : undefined;
  }),
};
