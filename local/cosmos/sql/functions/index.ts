import { arrayFunctions } from "./array-functions.ts";
import { dateFunctions } from "./date-functions.ts";
import type { FunctionTable, SqlFunction } from "./function.ts";
import { integerFunctions } from "./integer-functions.ts";
import { numberFunctions } from "./number-functions.ts";
import { parseFunctions } from "./parse-functions.ts";
import { setFunctions } from "./set-functions.ts";
import { textFunctions } from "./text-functions.ts";
import { typeFunctions } from "./type-functions.ts";

export { clockFunctions } from "./date-functions.ts";

const tables: readonly FunctionTable[] = [
  typeFunctions,
  textFunctions,
  parseFunctions,
  arrayFunctions,
  setFunctions,
  numberFunctions,
  integerFunctions,
  dateFunctions,
];

/** Every built-in function by its upper-case name. https://learn.microsoft.com/cosmos-db/query/functions */
export const functions: ReadonlyMap<string, SqlFunction> = new Map(
  tables.flatMap((table) => Object.entries(table)),
);
