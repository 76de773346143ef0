import { setFlagsFromString } from "node:v8";
import { invalidQuery } from "../query-error.ts";

const MAX_REMEMBERED = 200;
const known = new Map<string, RegExp>();
let prepared = false;

/**
 * A regular expression for REGEXMATCH, matched by V8's linear engine: no pattern can hold up the server. What that
 * engine lacks (back references, look-around, large counts) is refused. Modifiers: i, m, s, x.
 */
export function regexOf(pattern: string, modifiers: string): RegExp {
  const name = `${modifiers}/${pattern}`;
  let regex = known.get(name);
  if (regex === undefined) {
    regex = makeRegex(pattern, modifiers);
    if (known.size >= MAX_REMEMBERED) known.clear();
    known.set(name, regex);
  }
  return regex;
}

function makeRegex(pattern: string, modifiers: string): RegExp {
  if (!/^[imsx]*$/.test(modifiers))
    throw invalidQuery(`The modifiers '${modifiers}' are not among i, m, s, x.`);
  if (!prepared) {
    setFlagsFromString("--enable-experimental-regexp-engine");
    prepared = true;
  }
  const plain = modifiers.includes("x") ? withoutSpace(pattern) : pattern;
  const flags = `l${modifiers.includes("m") ? "m" : ""}${modifiers.includes("s") ? "s" : ""}`;
  try {
    return new RegExp(modifiers.includes("i") ? inBothCases(plain) : plain, flags);
  } catch (error) {
    throw invalidQuery(
      `REGEXMATCH cannot use this pattern: ${error instanceof Error ? error.message : "unknown"}.`,
    );
  }
}

/** An escape, the beginning or the end of a class, or any other character. */
const parts = /\\(?:[pPux]\{[^}]*\}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|c[A-Za-z]|k<[^>]*>|[^])|\(\?<\w+>|[^]/g;

const withoutSpace = (pattern: string): string =>
  pattern.replaceAll(parts, (part) => (/^\s$/.test(part) ? "" : part));

/** The linear engine does not ignore case, so every letter is made a class of both its cases. */
function inBothCases(pattern: string): string {
  let inClass = false;
  return pattern.replaceAll(parts, (part, at: number) => {
    if (part === "[" && !inClass) inClass = true;
    else if (part === "]" && inClass) inClass = false;
    const lower = part.toLowerCase();
    const upper = part.toUpperCase();
    if (part.length > 1 || lower === upper || lower.length > 1 || upper.length > 1) return part;
    return inClass ? inClassBothCases(pattern, part, at) : `[${lower}${upper}]`;
  });
}

/** The end of a range (a-z) takes the other case of the whole range along. */
function inClassBothCases(pattern: string, letter: string, at: number): string {
  const lower = letter.toLowerCase();
  const upper = letter.toUpperCase();
  const from = pattern[at - 2];
  if (pattern[at - 1] === "-" && from !== undefined && /[a-zA-Z]/.test(from)) {
    return `${letter}${from.toLowerCase()}-${lower}${from.toUpperCase()}-${upper}`;
  }
  return pattern[at + 1] === "-" ? letter : `${lower}${upper}`;
}
