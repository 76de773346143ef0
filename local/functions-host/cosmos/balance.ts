/** What one host sees of a lease. */
export interface LeaseView {
  readonly id: string;
  /** Undefined when nobody has it. */
  readonly owner: string | undefined;
  /** When its owner last said that it lives, ms since the epoch. */
  readonly renewedAtMs: number;
}

/**
 * Which leases a host should take so that in the end all hosts have equally many: those that are free or whose owner has gone
 * silent, up to its share; when there are none of these, one from the host that has most. The strategy of the change feed
 * processor: each host decides for itself, an ETag decides between two that want the same.
 */
export function leasesToTake<T extends LeaseView>(
  leases: readonly T[],
  self: string,
  nowMs: number,
  expirationMs: number,
): readonly T[] {
  const isFree = ({ owner, renewedAtMs }: LeaseView): boolean =>
    owner === undefined || renewedAtMs + expirationMs < nowMs;
  const counts = new Map([[self, 0]]);
  for (const lease of leases) {
    if (lease.owner === undefined || isFree(lease)) continue;
    counts.set(lease.owner, (counts.get(lease.owner) ?? 0) + 1);
  }
  const share = Math.ceil(leases.length / counts.size);
  const missing = share - (counts.get(self) ?? 0);
  if (missing <= 0) return [];
  const free = leases.filter(isFree);
  if (free.length > 0) return free.slice(0, missing);
  const [richest, most] = [...counts].reduce((best, each) => (each[1] > best[1] ? each : best));
  if (richest === self || most <= share - (missing > 1 ? 1 : 0)) return [];
  return leases.filter(({ owner }) => owner === richest).slice(0, 1);
}
