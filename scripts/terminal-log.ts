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
  if (!isNoise(event, facts)) console.log(readableLine(event, facts));
};

/** Every event: a readable line on a terminal, one JSON object per line where it goes to a file or a program. */
export function eventLog(output: { readonly isTTY?: boolean; write(text: string): unknown }): Log {
  if (output.isTTY === true) return (event, facts = {}) => output.write(`${readableLine(event, facts)}\n`);
  return (event, facts = {}) =>
    output.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`);
}

function readableLine(event: string, facts: Facts): string {
  const [name, details] = event === "function log" ? ofTheApp(facts) : [event, facts];
  const words = Object.entries(details)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return `  ${new Date().toISOString().slice(11, 19)}  ${name} ${words.join(" ")}`;
}

/** The app logs one JSON object per line, with the name of the event in it. */
function ofTheApp(facts: Facts): readonly [string, Facts] {
  const { message, level, invocation } = facts;
  const of = { function: facts["function"], invocation };
  try {
    const { event, ...details }: Facts = Object(JSON.parse(String(message)));
    return [String(event), { ...details, ...of }];
  } catch {
    return [String(message), { level, ...of }];
  }
}
