/** What was counted, how much, and how much it had to be, where anything was promised. */
export type Count = readonly [
  what: string,
  counted: number,
  promised: number | ((counted: number) => boolean) | undefined,
];

const kept = ([, counted, promised]: Count): boolean =>
  promised === undefined || (typeof promised === "number" ? counted === promised : promised(counted));

/** Prints the counts; the process ends with 1 when one of them is not what was promised. */
export function concludes(title: string, startedAtMs: number, counts: readonly Count[]): void {
  console.log(`${title} (${((performance.now() - startedAtMs) / 1000).toFixed(0)} s)`);
  for (const count of counts) {
    const [what, counted, promised] = count;
    const mark = promised === undefined ? " " : kept(count) ? "✓" : "✗";
    const wanted = typeof promised === "number" ? `   (promised: ${promised})` : "";
    console.log(`  ${mark} ${what.padEnd(58)} ${String(counted).padStart(8)}${wanted}`);
  }
  if (!counts.every(kept)) process.exitCode = 1;
}
