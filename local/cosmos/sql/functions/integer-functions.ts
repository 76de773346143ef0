import type { Value } from "../../json.ts";
import { fixed, type FunctionTable, type SqlFunction } from "./function.ts";

/**
 * Arithmetic on 64-bit integers. A number that is none makes the result undefined, and so does a result that a
 * JSON number cannot hold exactly.
 */
const ofIntegers = (count: 1 | 2, apply: (a: bigint, b: bigint) => bigint | undefined): SqlFunction =>
  fixed(count, (a, b = 0) => {
    if (!isInteger(a) || !isInteger(b)) return undefined;
    const result = apply(BigInt(a), BigInt(b));
    if (result === undefined) return undefined;
    const number = Number(BigInt.asIntN(64, result));
    return Number.isSafeInteger(number) ? number : undefined;
  });

const isInteger = (value: Value): value is number => Number.isSafeInteger(value);

const BITS = 64n;
const shift = (apply: (a: bigint, by: bigint) => bigint) => (a: bigint, by: bigint) =>
  by < 0n || by >= BITS ? undefined : apply(a, by);

export const integerFunctions: FunctionTable = {
  INTADD: ofIntegers(2, (a, b) => a + b),
  INTSUB: ofIntegers(2, (a, b) => a - b),
  INTMUL: ofIntegers(2, (a, b) => a * b),
  INTDIV: ofIntegers(2, (a, b) => (b === 0n ? undefined : a / b)),
  INTMOD: ofIntegers(2, (a, b) => (b === 0n ? undefined : a % b)),
  INTBITAND: ofIntegers(2, (a, b) => a & b),
  INTBITOR: ofIntegers(2, (a, b) => a | b),
  INTBITXOR: ofIntegers(2, (a, b) => a ^ b),
  INTBITNOT: ofIntegers(1, (a) => ~a),
  INTBITLEFTSHIFT: ofIntegers(
    2,
    shift((a, by) => a << by),
  ),
  INTBITRIGHTSHIFT: ofIntegers(
    2,
    shift((a, by) => a >> by),
  ),
};
