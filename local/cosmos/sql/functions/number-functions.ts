import { finite, fixed, ofNumber, type FunctionTable, type SqlFunction } from "./function.ts";

/** Halves are rounded away from zero. */
const round = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

const ofTwo = (apply: (a: number, b: number) => number): SqlFunction =>
  fixed(2, (a, b) => (typeof a === "number" && typeof b === "number" ? finite(apply(a, b)) : undefined));

const DEGREES = 180 / Math.PI;
const MAX_DECIMALS = 15;

export const numberFunctions: FunctionTable = {
  ABS: ofNumber(Math.abs),
  ACOS: ofNumber(Math.acos),
  ASIN: ofNumber(Math.asin),
  ATAN: ofNumber(Math.atan),
  ATN2: ofTwo(Math.atan2),
  CEILING: ofNumber(Math.ceil),
  COS: ofNumber(Math.cos),
  COT: ofNumber((value) => 1 / Math.tan(value)),
  DEGREES: ofNumber((value) => value * DEGREES),
  EXP: ofNumber(Math.exp),
  FLOOR: ofNumber(Math.floor),
  LOG: {
    min: 1,
    max: 2,
    apply: (value, base) => {
      if (typeof value !== "number") return undefined;
      if (base === undefined) return finite(Math.log(value));
      return typeof base === "number" ? finite(Math.log(value) / Math.log(base)) : undefined;
    },
  },
  LOG10: ofNumber(Math.log10),
  NUMBERBIN: {
    min: 1,
    max: 2,
    apply: (value, size = 1) =>
      typeof value === "number" && typeof size === "number"
        ? finite(Math.floor(value / size) * size)
        : undefined,
  },
  PI: fixed(0, () => Math.PI),
  POWER: ofTwo((base, exponent) => base ** exponent),
  RADIANS: ofNumber((value) => value / DEGREES),
  RAND: fixed(0, () => Math.random()),
  ROUND: {
    min: 1,
    max: 2,
    apply: (value, decimals = 0) => {
      if (typeof value !== "number" || typeof decimals !== "number") return undefined;
      const factor = 10 ** Math.max(-MAX_DECIMALS, Math.min(MAX_DECIMALS, Math.trunc(decimals)));
      return finite(round(value * factor) / factor);
    },
  },
  SIGN: ofNumber(Math.sign),
  SIN: ofNumber(Math.sin),
  SQRT: ofNumber(Math.sqrt),
  SQUARE: ofNumber((value) => value * value),
  TAN: ofNumber(Math.tan),
  TRUNC: ofNumber(Math.trunc),
};
