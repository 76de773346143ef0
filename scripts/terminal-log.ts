import type { Log } from "#local/part.ts";

/** One readable line per event; what happens all the time is left to the ledgers. */
export const terminalLog: Log = (event, facts = {}) => {
  const words = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  console.log(`  ${new Date().toISOString().slice(11, 19)}  ${event} ${words.join(" ")}`);
};
