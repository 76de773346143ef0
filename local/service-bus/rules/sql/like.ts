import { EvaluationFault } from "./values.ts";

const MAX_PATTERN = 1024;

/** A run of characters between two `%`; null stands for `_`, any one character. */
type Segment = readonly (string | null)[];

/**
 * SQL's LIKE by UTF-16 code units, with upper and lower case told apart. Each segment between two `%` is taken at
 * the first place where it fits, so the time is at worst the product of both lengths.
 * @throws EvaluationFault for a pattern that is too long or ends in its escape character
 */
export function isLike(text: string, pattern: string, escape: string | undefined): boolean {
  const segments = segmentsOf(pattern, escape);
  const first = segments[0] ?? [];
  if (!fits(text, 0, first)) return false;
  if (segments.length === 1) return text.length === first.length;
  const last = segments.at(-1) ?? [];
  const end = text.length - last.length;
  let at = first.length;
  for (const segment of segments.slice(1, -1)) {
    while (at + segment.length <= end && !fits(text, at, segment)) at++;
    at += segment.length;
  }
  return at <= end && fits(text, end, last);
}

function segmentsOf(pattern: string, escape: string | undefined): Segment[] {
  if (pattern.length > MAX_PATTERN) {
    throw new EvaluationFault(`A LIKE pattern has at most ${MAX_PATTERN} characters.`);
  }
  let current: (string | null)[] = [];
  const segments = [current];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? "";
    if (char === escape) {
      const literal = pattern[++at];
      if (literal === undefined) throw new EvaluationFault("A LIKE pattern ends in its escape character.");
      current.push(literal);
    } else if (char === "%") {
      current = [];
      segments.push(current);
    } else {
      current.push(char === "_" ? null : char);
    }
  }
  return segments;
}

function fits(text: string, at: number, segment: Segment): boolean {
  if (at + segment.length > text.length) return false;
  for (let index = 0; index < segment.length; index++) {
    const wanted = segment[index];
    if (wanted !== null && text[at + index] !== wanted) return false;
  }
  return true;
}
