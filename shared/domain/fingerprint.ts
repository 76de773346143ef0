import { createHash } from "node:crypto";

/** What differs between two cases of the same problem: quoted words, addresses, ids, numbers. */
const VARIABLE = [
  /"[^"]*"|'[^']*'|`[^`]*`/g,
  /https?:\/\/\S+/gi,
  /\S+@\S+/g,
  /\b(?:ord|pay|dlv|evt)_[a-z0-9_-]+/gi,
  /\b[0-9a-f]{8}-[0-9a-f-]{27}\b/gi,
  /\b(?=[a-z0-9]*\d)[a-z0-9]{6,}\b/gi,
  /\d+/g,
] as const;

/** The description of a failure without what differs between its cases; bounded, and free of personal data it quoted. */
export const normalised = (description: string): string =>
  // Cut before the patterns see it: whoever refused us decides how long it is.
  VARIABLE.reduce((text, pattern) => text.replace(pattern, "…"), description.slice(0, 1000))
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 200);

/** The same for all cases of one problem of one consumer. Short enough to be said aloud. */
export function fingerprintOf(failure: {
  readonly queue: string;
  readonly reason: string;
  readonly description: string;
}): string {
  const { queue, reason, description } = failure;
  const text = `${queue}\n${reason}\n${normalised(description)}`;
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
