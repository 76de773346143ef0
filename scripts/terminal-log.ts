import type { Log } from "#local/part.ts";

type Facts = Readonly<Record<string, unknown>>;

/** Said once at start in other words, or ten times in a row while the broker moves a parked message. */
const isNoise = (event: string, facts: Facts): boolean =>
  event === "function" ||
  event.endsWith(".started") ||
  event === "functions host ready" ||
  String(facts["error"]).startsWith("ParkedMessage");

/** One readable line per event; what happens to orders all the time is left to the ledgers. */
export const terminalLog: Log = (event, facts = {}) => {
  if (isNoise(event, facts)) return;
  const [name, details] = event === "function log" ? ofTheApp(facts) : [event, facts];
  const words = Object.entries(details)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  console.log(`  ${new Date().toISOString().slice(11, 19)}  ${name} ${words.join(" ")}`);
};

/** The app logs one JSON object per line, with the name of the event in it. */
function ofTheApp(facts: Facts): readonly [string, Facts] {
  const { message, level } = facts;
  try {
    const { event, ...details }: Facts = Object(JSON.parse(String(message)));
    return [String(event), details];
  } catch {
    return [String(message), { level, function: facts["function"] }];
  }
}
