import type { Value } from "../../json.ts";
import { invalidQuery } from "../query-error.ts";
import { checkLength, checkValue, spend } from "../work.ts";
import { CHARACTERS_PER_UNIT, fixed, ofText, type FunctionTable, type SqlFunction } from "./function.ts";
import { regexOf } from "./regex.ts";

const MAX_REPETITIONS = 10_000;

/** Searching costs at worst the product of both lengths. */
const spendSearch = (text: string, part: string): void =>
  spend((text.length * Math.max(1, part.length)) / (CHARACTERS_PER_UNIT * CHARACTERS_PER_UNIT));

/** A test of one string against another, with an optional third argument that ignores case. */
const textTest = (test: (text: string, other: string) => boolean): SqlFunction => ({
  min: 2,
  max: 3,
  apply: (text, other, ignoreCase) => {
    if (typeof text !== "string" || typeof other !== "string") return undefined;
    spendSearch(text, other);
    return ignoreCase === true ? test(text.toLowerCase(), other.toLowerCase()) : test(text, other);
  },
});

/** CONTAINS_ANY_CS(text, a, b, …) and its like. */
const containsMany = (all: boolean, ignoreCase: boolean): SqlFunction => ({
  min: 2,
  max: 200,
  apply: (text, ...parts) => {
    if (typeof text !== "string") return undefined;
    const searched = ignoreCase ? text.toLowerCase() : text;
    const has = (part: Value): boolean => {
      if (typeof part !== "string") return false;
      spendSearch(text, part);
      return searched.includes(ignoreCase ? part.toLowerCase() : part);
    };
    return all ? parts.every(has) : parts.some(has);
  },
});

function concat(...values: readonly Value[]): Value {
  if (!values.every((value) => typeof value === "string")) return undefined;
  checkValue(values);
  return values.join("");
}

const substring = (text: Value, from: Value, length: Value): Value => {
  if (typeof text !== "string" || typeof from !== "number" || typeof length !== "number") return undefined;
  const start = Math.max(0, from);
  return text.slice(start, start + Math.max(0, length));
};

const indexOf = (text: Value, part: Value, from: Value = 0): Value => {
  if (typeof text !== "string" || typeof part !== "string" || typeof from !== "number") return undefined;
  spendSearch(text, part);
  return text.indexOf(part, from);
};

const lastIndexOf = (text: Value, part: Value, from: Value = Infinity): Value => {
  if (typeof text !== "string" || typeof part !== "string" || typeof from !== "number") return undefined;
  spendSearch(text, part);
  return text.lastIndexOf(part, from);
};

const replace = (text: Value, part: Value, by: Value): Value => {
  if (typeof text !== "string" || typeof part !== "string" || typeof by !== "string") return undefined;
  if (part === "") return text;
  spendSearch(text, part);
  const pieces = text.split(part);
  checkLength(text.length + pieces.length * by.length);
  return pieces.join(by);
};

function replicate(text: Value, times: Value): Value {
  if (typeof text !== "string" || typeof times !== "number" || times < 0) return undefined;
  if (times > MAX_REPETITIONS) throw invalidQuery(`REPLICATE repeats at most ${MAX_REPETITIONS} times.`);
  const count = Math.trunc(times);
  checkLength(text.length * count);
  return text.repeat(count);
}

const side = (take: (text: string, count: number) => string): SqlFunction =>
  fixed(2, (text, count) =>
    typeof text === "string" && typeof count === "number" ? take(text, Math.max(0, count)) : undefined,
  );

/** Spaces, or the given characters, at the ends. */
const trim = (start: boolean, end: boolean): SqlFunction => ({
  min: 1,
  max: 2,
  apply: (text, characters = " \t\n\r") => {
    if (typeof text !== "string" || typeof characters !== "string") return undefined;
    const unwanted = new Set(characters);
    let from = 0;
    let to = text.length;
    if (start) while (from < to && unwanted.has(text[from]!)) from++;
    if (end) while (to > from && unwanted.has(text[to - 1]!)) to--;
    spend(1 + text.length - (to - from));
    return text.slice(from, to);
  },
});

function join(array: Value, separator: Value): Value {
  if (!Array.isArray(array) || typeof separator !== "string") return undefined;
  spend(array.length);
  if (!array.every((item) => typeof item === "string")) return undefined;
  checkValue(array);
  checkLength(separator.length * array.length);
  return array.join(separator);
}

const split = (text: Value, separator: Value): Value => {
  if (typeof text !== "string" || typeof separator !== "string") return undefined;
  spend(text.length / CHARACTERS_PER_UNIT);
  return text.split(separator);
};

function regexMatch(text: Value, pattern: Value, modifiers: Value = ""): Value {
  if (typeof text !== "string" || typeof pattern !== "string" || typeof modifiers !== "string") {
    return undefined;
  }
  // The linear engine visits every part of the pattern for every character.
  spend((text.length * pattern.length) / CHARACTERS_PER_UNIT);
  return regexOf(pattern, modifiers).test(text);
}

export const textFunctions: FunctionTable = {
  STARTSWITH: textTest((text, start) => text.startsWith(start)),
  ENDSWITH: textTest((text, end) => text.endsWith(end)),
  CONTAINS: textTest((text, part) => text.includes(part)),
  CONTAINS_ANY_CS: containsMany(false, false),
  CONTAINS_ANY_CI: containsMany(false, true),
  CONTAINS_ALL_CS: containsMany(true, false),
  CONTAINS_ALL_CI: containsMany(true, true),
  STRINGEQUALS: textTest((text, other) => text === other),
  REGEXMATCH: { min: 2, max: 3, apply: regexMatch },
  CONCAT: { min: 2, max: 200, apply: concat },
  INDEX_OF: { min: 2, max: 3, apply: indexOf },
  LASTINDEXOF: { min: 2, max: 3, apply: lastIndexOf },
  LEFT: side((text, count) => text.slice(0, count)),
  RIGHT: side((text, count) => (count === 0 ? "" : text.slice(-count))),
  LENGTH: ofText((text) => text.length),
  LOWER: ofText((text) => text.toLowerCase()),
  UPPER: ofText((text) => text.toUpperCase()),
  LTRIM: trim(true, false),
  RTRIM: trim(false, true),
  TRIM: trim(true, true),
  REPLACE: fixed(3, replace),
  REPLICATE: fixed(2, replicate),
  REVERSE: ofText((text) => Array.from(text).toReversed().join("")),
  STRINGJOIN: fixed(2, join),
  STRINGSPLIT: fixed(2, split),
  SUBSTRING: fixed(3, substring),
};
