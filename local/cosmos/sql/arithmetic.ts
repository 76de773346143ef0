import type { Value } from "../json.ts";
import type { ArithmeticOperator } from "./ast.ts";

type Apply = (a: Value, b: Value) => Value;

const numeric =
  (apply: (a: number, b: number) => number): Apply =>
  (a, b) => {
    if (typeof a !== "number" || typeof b !== "number") return undefined;
    const result = apply(a, b);
    return Number.isFinite(result) ? result : undefined;
  };

/** Numbers in, number out; `||` joins strings. Anything else, and what JSON cannot hold, is undefined. */
export const arithmetic: Readonly<Record<ArithmeticOperator, Apply>> = {
  "+": numeric((a, b) => a + b),
  "-": numeric((a, b) => a - b),
  "*": numeric((a, b) => a * b),
  "/": numeric((a, b) => a / b),
  "%": numeric((a, b) => a % b),
  "&": numeric((a, b) => a & b),
  "|": numeric((a, b) => a | b),
  "^": numeric((a, b) => a ^ b),
  "<<": numeric((a, b) => a << b),
  ">>": numeric((a, b) => a >> b),
  ">>>": numeric((a, b) => a >>> b),
  "||": (a, b) => (typeof a === "string" && typeof b === "string" ? a + b : undefined),
};
