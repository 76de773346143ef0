import { badRequest } from "../refusal.ts";

/**
 * Between two looks at the time a query may do this much: elements visited, characters compared or made. Some tens
 * of milliseconds. What lies between is one item, so only an absurd expression over a large item comes this far.
 */
const MAX_UNITS = 500_000;
/** Of a value that a query makes, in characters and elements. A subquery in a subquery could double it at every level. */
const MAX_SIZE = 4 * 1024 * 1024;

/** What anything but a text counts for. */
const ELEMENT = 8;

let left = MAX_UNITS;

/** To be called whenever other requests had their turn, or a new item is looked at. */
export function startWork(): void {
  left = MAX_UNITS;
}

/** Throws a refusal when the work between two turns is used up. */
export function spend(units: number): void {
  left -= units;
  if (left < 0) {
    left = MAX_UNITS;
    throw badRequest("The query was stopped: its expressions take too long for a single item.");
  }
}

/** Throws a refusal if a value is too large to be kept or sent. Never looks at more than the limit. */
export function checkValue(value: unknown): void {
  if (sizeWithin(value, MAX_SIZE) < 0) throw tooLarge();
}

/** The same for a text that is about to be made. */
export function checkLength(characters: number): void {
  if (characters > MAX_SIZE) throw tooLarge();
}

const tooLarge = (): Error => badRequest("The query was stopped: it makes too large a value.");

/** What is left of `limit` after the value is counted; negative if it does not fit. */
function sizeWithin(value: unknown, limit: number): number {
  if (typeof value === "string") return limit - value.length - 1;
  if (typeof value !== "object" || value === null) return limit - ELEMENT;
  let rest = limit - ELEMENT;
  for (const member of Array.isArray(value) ? value : Object.values(value)) {
    rest = sizeWithin(member, rest);
    if (rest < 0) return rest;
  }
  return rest;
}
