import { arrayFunctions } from "./array-functions.ts";
import type { SqlFunction } from "./function.ts";
import { numberFunctions } from "./number-functions.ts";
import { textFunctions } from "./text-functions.ts";
import { typeFunctions } from "./type-functions.ts";

/** Every built-in function by its upper-case name. */
export const functions: ReadonlyMap<string, SqlFunction> = new Map(
  Object.entries({ ...typeFunctions, ...textFunctions, ...arrayFunctions, ...numberFunctions }),
);
