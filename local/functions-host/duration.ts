const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UP_TO_23 = "[01]?\\d|2[0-3]";
const UP_TO_59 = "[0-5]?\\d";
const MINUTES = `(?<minute>${UP_TO_59})`;
const SECONDS = `(?<second>${UP_TO_59})(?:\\.(?<fraction>\\d{1,7}))?`;

/** Tried in this order. */
const FORMS = [
  `(?:(?<day>\\d+)\\.)?(?<hour>${UP_TO_23}):${MINUTES}(?::${SECONDS})?`,
  `(?<day>\\d+):(?<hour>${UP_TO_23}):${MINUTES}`,
  `(?<day>\\d+):(?<hour>${UP_TO_23}):${MINUTES}:${SECONDS}`,
].map((form) => new RegExp(`^(?<sign>-?)(?:${form})$`));

/**
 * Reads a .NET TimeSpan (`hh:mm`, `hh:mm:ss`, `d.hh:mm:ss.fffffff`, `d:hh:mm:ss`) as milliseconds; undefined if it is none.
 * **Three numbers of which the first is 24 or more are `dd:hh:mm`: "24:00:00" means 24 days.**
 */
export function parseTimeSpan(text: string): number | undefined {
  for (const form of FORMS) {
    const { groups } = form.exec(text.trim()) ?? {};
    if (groups !== undefined) return groups["sign"] === "-" ? -total(groups) : total(groups);
  }
  return undefined;
}

function total({
  day = "0",
  hour,
  minute,
  second = "0",
  fraction = "0",
}: Partial<Record<string, string>>): number {
  const wholeMs = Number(day) * DAY + Number(hour) * HOUR + Number(minute) * MINUTE + Number(second) * SECOND;
  return wholeMs + Number(`0.${fraction}`) * SECOND;
}
