import { isObject, nestsDeeperThan, parseJson, type Json, type Value } from "../../json.ts";
import { checkValue } from "../work.ts";
import { fixed, ofText, type FunctionTable } from "./function.ts";

const MAX_NESTING = 128;

/** JSON text to a value, if it is one that `wanted` accepts. */
const parsed = (wanted: (value: Json) => boolean) =>
  ofText((text) => {
    try {
      const value = parseJson(text);
      return wanted(value) && !nestsDeeperThan(value, MAX_NESTING) ? value : undefined;
    } catch {
      return undefined;
    }
  });

function toText(value: Value): Value {
  if (value === undefined || typeof value === "string") return value;
  checkValue(value);
  return JSON.stringify(value);
}

/** From text to values and back. */
export const parseFunctions: FunctionTable = {
  STRINGTOARRAY: parsed(Array.isArray),
  STRINGTOBOOLEAN: parsed((value) => typeof value === "boolean"),
  STRINGTONULL: parsed((value) => value === null),
  STRINGTONUMBER: parsed((value) => typeof value === "number" && Number.isFinite(value)),
  STRINGTOOBJECT: parsed(isObject),
  TOSTRING: fixed(1, toText),
};
