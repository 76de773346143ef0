import type { Finding } from "#shared/contracts/finding.ts";
import type { Findings } from "#shared/ports/findings.ts";

/** Findings in memory. */
export function createMemoryFindings(): Findings {
  const stored = new Map<string, Finding>();
  return {
    open: () =>
      Promise.resolve([...stored.values()].toSorted((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1))),
    put: (finding) => Promise.resolve(void stored.set(finding.id, structuredClone(finding))),
    remove: (id) => Promise.resolve(void stored.delete(id)),
  };
}
