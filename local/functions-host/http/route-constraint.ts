import { HostRefusal } from "../refusal.ts";

/** Says whether a decoded route value is acceptable. */
export type Constraint = (value: string) => boolean;

const MAX_INT32 = 2 ** 31 - 1;
const MAX_INT64 = 2n ** 63n - 1n;
const GUID =
  /^(\{[0-9a-f-]{36}\}|\([0-9a-f-]{36}\)|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})$/i;
const INTEGER = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

const isInt64 = (value: string): boolean => {
  if (!INTEGER.test(value)) return false;
  const number = BigInt(value.replace(/^\+/, ""));
  return number <= MAX_INT64 && number >= -MAX_INT64 - 1n;
};

const PLAIN: Readonly<Record<string, Constraint>> = {
  int: (value) => INTEGER.test(value) && Number(value) <= MAX_INT32 && Number(value) >= -MAX_INT32 - 1,
  long: isInt64,
  bool: (value) => /^(true|false)$/i.test(value),
  guid: (value) => GUID.test(value),
  decimal: (value) => DECIMAL.test(value) && !/e/i.test(value),
  double: (value) => DECIMAL.test(value),
  float: (value) => DECIMAL.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  datetime: (value) => !Number.isNaN(Date.parse(value)),
  required: (value) => value !== "",
};

const bounds = (text: string): [number, number] => {
  const [low, high] = text.split(",").map(Number);
  return [low ?? Number.NaN, high ?? low ?? Number.NaN];
};

const WITH_ARGUMENT: Readonly<Record<string, (argument: string) => Constraint>> = {
  min: (argument) => (value) => isInt64(value) && Number(value) >= Number(argument),
  max: (argument) => (value) => isInt64(value) && Number(value) <= Number(argument),
  range: (argument) => {
    const [low, high] = bounds(argument);
    return (value) => isInt64(value) && Number(value) >= low && Number(value) <= high;
  },
  minlength: (argument) => (value) => value.length >= Number(argument),
  maxlength: (argument) => (value) => value.length <= Number(argument),
  length: (argument) => {
    const [low, high] = bounds(argument);
    return (value) => value.length >= low && value.length <= high;
  },
  regex: (argument) => {
    const expression = new RegExp(argument, "i");
    return (value) => expression.test(value);
  },
};

const ONE = /:([A-Za-z]+)(?:\(((?:[^()]|\([^()]*\))*)\))?/g;

/** Reads `:int:min(1)`. A constraint Azure does not know stops its host too. */
export function parseConstraints(text: string, where: string): Constraint[] {
  return [...text.matchAll(ONE)].map(([whole, name = "", argument]) => {
    const key = name.toLowerCase();
    const constraint = argument === undefined ? PLAIN[key] : WITH_ARGUMENT[key]?.(argument);
    if (constraint !== undefined) return constraint;
    throw new HostRefusal("function-invalid", `${where}: unknown route constraint "${whole}"`);
  });
}
