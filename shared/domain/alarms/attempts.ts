import type { Alarm } from "./alarm.ts";

/** Attempts that deliveries needed until they were told. */
export interface Attempts {
  readonly told: number;
  readonly attempts: number;
}

const TICKET_ABOVE = 2;
const PAGE_ABOVE = 4;
/** A few that were unlucky say nothing about the rest. */
const TOLD_AT_LEAST = 20;

/** More than two attempts for each that is told: retries multiply the load of whoever is called. */
export function attemptsAlarms({ told, attempts }: Attempts): Alarm[] {
  const each = attempts / told;
  if (told < TOLD_AT_LEAST || each <= TICKET_ABOVE) return [];
  return [
    {
      kind: "many-attempts",
      subject: "deliveries",
      loudness: each > PAGE_ABOVE ? "page" : "ticket",
      text: `every delivery of the last quarter of an hour needed ${each.toFixed(1)} attempts (${told} told)`,
    },
  ];
}
