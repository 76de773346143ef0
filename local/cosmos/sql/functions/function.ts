import type { Json, Value } from "../../json.ts";
import { spend } from "../work.ts";

/** A built-in function. It sees `undefined` for a missing argument value and answers it by its own rules. */
export interface SqlFunction {
  readonly min: number;
  readonly max: number;
  readonly apply: (...values: readonly Value[]) => Value;
}

export type FunctionTable = Readonly<Record<string, SqlFunction>>;

export const fixed = (count: number, apply: SqlFunction["apply"]): SqlFunction => ({
  min: count,
  max: count,
  apply,
});

/** What JSON can hold. */
export const finite = (value: number): Value => (Number.isFinite(value) ? value : undefined);

/** A function of one number; undefined for anything else, and for a result that JSON cannot hold. */
export const ofNumber = (apply: (value: number) => number): SqlFunction =>
  fixed(1, (value) => (typeof value === "number" ? finite(apply(value)) : undefined));

/** A function of one string; undefined for anything else. */
export const ofText = (apply: (value: string) => Value): SqlFunction =>
  fixed(1, (value) => {
    if (typeof value !== "string") return undefined;
    spend(value.length / CHARACTERS_PER_UNIT);
    return apply(value);
  });

/** A function of one array; undefined for anything else. */
export const ofArray = (apply: (value: readonly Json[]) => Value): SqlFunction =>
  fixed(1, (value) => {
    if (!Array.isArray(value)) return undefined;
    spend(value.length);
    return apply(value);
  });

/** Native text functions look at that many characters while an expression makes one step. */
export const CHARACTERS_PER_UNIT = 16;
