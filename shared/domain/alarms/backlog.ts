import type { Alarm } from "./alarm.ts";

const MINUTE_MS = 60_000;
export const TICKET_AGE_MS = 10 * MINUTE_MS;
export const PAGE_AGE_MS = 30 * MINUTE_MS;
const LOOK_BACK_MS = 10 * MINUTE_MS;
/** Fewer looks say nothing about where it is going. */
const LOOKS_FOR_A_FORECAST = 4;
const FORECAST_FROM_AGE_MS = 4 * MINUTE_MS;

/** What one consumer has not done yet. */
export interface Backlog {
  readonly consumer: string;
  /** Since when the oldest work that is not done has been waiting; undefined when nothing is. */
  readonly oldestSinceMs: number | undefined;
  readonly processedInTenMinutes: number;
}

/** How old the oldest work was, one look a minute. */
export interface AgeLook {
  readonly atMs: number;
  readonly ageMs: number;
}

export const ageOf = ({ oldestSinceMs }: Backlog, nowMs: number): number =>
  oldestSinceMs === undefined ? 0 : Math.max(0, nowMs - oldestSinceMs);

/** The looks that a forecast needs, this one included. */
export const withLook = (looks: readonly AgeLook[], look: AgeLook): AgeLook[] =>
  [...looks.filter(({ atMs }) => atMs > look.atMs - LOOK_BACK_MS && atMs < look.atMs), look].slice(-30);

/** Rings for the age that is, and for the age that is to come. `looks` end with the present one. */
export function backlogAlarms(backlog: Backlog, looks: readonly AgeLook[], nowMs: number): Alarm[] {
  const ageMs = ageOf(backlog, nowMs);
  const { consumer, processedInTenMinutes } = backlog;
  const processed = `processed in the last ten minutes: ${processedInTenMinutes}`;
  if (ageMs >= TICKET_AGE_MS) {
    const text = `${consumer}: the oldest message has been waiting for ${minutes(ageMs)}; ${processed}`;
    return [
      { kind: "backlog-age", subject: consumer, loudness: ageMs >= PAGE_AGE_MS ? "page" : "ticket", text },
      ...forecast(backlog, looks, ageMs, processed),
    ];
  }
  return forecast(backlog, looks, ageMs, processed);
}

/** Where the age goes on growing as it did, it reaches half an hour; told only while that is within half an hour. */
function forecast(
  { consumer }: Backlog,
  looks: readonly AgeLook[],
  ageMs: number,
  processed: string,
): Alarm[] {
  const [first] = looks;
  const last = looks.at(-1);
  if (first === undefined || last === undefined || looks.length < LOOKS_FOR_A_FORECAST) return [];
  if (ageMs < FORECAST_FROM_AGE_MS || ageMs >= PAGE_AGE_MS || last.atMs <= first.atMs) return [];
  const growth = (last.ageMs - first.ageMs) / (last.atMs - first.atMs);
  const leftMs = (PAGE_AGE_MS - ageMs) / growth;
  if (growth <= 0 || leftMs > PAGE_AGE_MS) return [];
  const text = `${consumer} is heading for half an hour: ${minutes(ageMs)} now, half an hour in about ${minutes(leftMs)}; ${processed}`;
  return [{ kind: "heading-for-half-an-hour", subject: consumer, loudness: "ticket", text }];
}

const minutes = (ms: number): string => {
  const whole = Math.round(ms / MINUTE_MS);
  return `${whole} ${whole === 1 ? "minute" : "minutes"}`;
};
