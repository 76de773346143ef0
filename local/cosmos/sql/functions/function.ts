import type { Value } from "../../json.ts";

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

/** A function of one number; undefined for anything else, and for a result that JSON cannot hold. */
export const ofNumber = (apply: (value: number) => number): SqlFunction =>
  fixed(1, (value) => {
    if (typeof value !== "number") return undefined;
    const result = apply(value);
    return Number.isFinite(result) ? result : undefined;
  });

/** A function of one string; undefined for anything else. */
export const ofText = (apply: (value: string) => Value): SqlFunction =>
  fixed(1, (value) => (typeof value === "string" ? apply(value) : undefined));
