import type { Finding } from "#shared/contracts/finding.ts";
import { findingIdFor } from "#shared/domain/ids.ts";
import type { Suspicion } from "#shared/domain/reconcile/suspicion.ts";
import type { Findings } from "#shared/ports/findings.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";

export interface KeepFindingsDeps {
  readonly findings: Findings;
  readonly system: System;
  readonly log: Log;
}

/** More than people can look at: then one cause is behind them all (a provider's empty books, a store that is gone). */
export const MOST_FINDINGS = 1_000;

/**
 * Writes down what a whole run found, and forgets what it did not find again. Of too many the known ones are kept first, and
 * how many there were is logged. Answers how many are new.
 */
export async function keepFindings(
  { findings, system, log }: KeepFindingsDeps,
  suspicions: readonly Suspicion[],
): Promise<number> {
  const at = new Date(system.now()).toISOString();
  const before = new Map((await findings.open()).map((finding) => [finding.id, finding]));
  const found = new Map<string, Finding>();
  for (const { kind, subject, brandId, orderId, detail, repair } of suspicions) {
    const id = findingIdFor(kind, subject);
    found.set(id, {
      id,
      kind,
      subject,
      ...(brandId === undefined ? {} : { brandId }),
      ...(orderId === undefined ? {} : { orderId }),
      detail,
      repairing: repair !== undefined,
      firstSeenAt: before.get(id)?.firstSeenAt ?? at,
      lastSeenAt: at,
    });
  }
  const knownFirst = [...found].toSorted(([a], [b]) => Number(before.has(b)) - Number(before.has(a)));
  const now = new Map(knownFirst.slice(0, MOST_FINDINGS));
  if (now.size < found.size) log.error("reconcile.too-many-findings", { found: found.size, kept: now.size });
  const news = [...now.values()].filter(({ id }) => !before.has(id));
  for (const { kind, subject, orderId, detail, repairing } of news) {
    log.warn("reconcile.finding", { kind, subject, order: orderId, detail, repairing });
  }
  for (const finding of now.values()) await findings.put(finding);
  for (const id of before.keys()) if (!now.has(id)) await findings.remove(id);
  return news.length;
}
