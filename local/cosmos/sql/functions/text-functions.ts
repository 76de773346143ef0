import type { Value } from "../../json.ts";
import { fixed, ofText, type FunctionTable, type SqlFunction } from "./function.ts";

/** A test of one string against another, with an optional third argument that ignores case. */
const textTest = (test: (text: string, other: string) => boolean): SqlFunction => ({
  min: 2,
  max: 3,
  apply: (text, other, ignoreCase) => {
    if (typeof text !== "string" || typeof other !== "string") return undefined;
    return ignoreCase === true ? test(text.toLowerCase(), other.toLowerCase()) : test(text, other);
  },
});

const concat = (...values: readonly Value[]): Value =>
  values.every((value) => typeof value === "string") ? values.join("") : undefined;

const substring = (text: Value, from: Value, length: Value): Value => {
  if (typeof text !== "string" || typeof from !== "number" || typeof length !== "number") return undefined;
  const start = Math.max(0, from);
  return text.slice(start, start + Math.max(0, length));
};

const indexOf = (text: Value, part: Value, from: Value = 0): Value =>
  typeof text === "string" && typeof part === "string" && typeof from === "number"
    ? text.indexOf(part, from)
    : undefined;

const replace = (text: Value, part: Value, by: Value): Value => {
  if (typeof text !== "string" || typeof part !== "string" || typeof by !== "string") return undefined;
  return part === "" ? text : text.split(part).join(by);
};

const side = (take: (text: string, count: number) => string): SqlFunction =>
  fixed(2, (text, count) =>
    typeof text === "string" && typeof count === "number" ? take(text, Math.max(0, count)) : undefined,
  );

export const textFunctions: FunctionTable = {
  STARTSWITH: textTest((text, start) => text.startsWith(start)),
  ENDSWITH: textTest((text, end) => text.endsWith(end)),
  CONTAINS: textTest((text, part) => text.includes(part)),
  STRINGEQUALS: textTest((text, other) => text === other),
  CONCAT: { min: 2, max: 200, apply: concat },
  INDEX_OF: { min: 2, max: 3, apply: indexOf },
  LEFT: side((text, count) => text.slice(0, count)),
  RIGHT: side((text, count) => (count === 0 ? "" : text.slice(-count))),
  LENGTH: ofText((text) => text.length),
  LOWER: ofText((text) => text.toLowerCase()),
  UPPER: ofText((text) => text.toUpperCase()),
  LTRIM: ofText((text) => text.trimStart()),
  RTRIM: ofText((text) => text.trimEnd()),
  TRIM: ofText((text) => text.trim()),
  REPLACE: fixed(3, replace),
  SUBSTRING: fixed(3, substring),
};
