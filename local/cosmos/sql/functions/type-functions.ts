import { isObject, type Value } from "../../json.ts";
import { fixed, type FunctionTable } from "./function.ts";

const isPrimitive = (value: Value): boolean =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

export const typeFunctions: FunctionTable = {
  IS_DEFINED: fixed(1, (value) => value !== undefined),
  IS_NULL: fixed(1, (value) => value === null),
  IS_BOOL: fixed(1, (value) => typeof value === "boolean"),
  IS_NUMBER: fixed(1, (value) => typeof value === "number"),
  IS_FINITE_NUMBER: fixed(1, (value) => typeof value === "number" && Number.isFinite(value)),
  IS_INTEGER: fixed(1, (value) => Number.isInteger(value)),
  IS_STRING: fixed(1, (value) => typeof value === "string"),
  IS_ARRAY: fixed(1, (value) => Array.isArray(value)),
  IS_OBJECT: fixed(1, (value) => isObject(value)),
  IS_PRIMITIVE: fixed(1, isPrimitive),
  IIF: fixed(3, (test, whenTrue, whenFalse) => (test === true ? whenTrue : whenFalse)),
};
