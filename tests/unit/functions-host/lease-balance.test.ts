import fc from "fast-check";
import { expect, test } from "vitest";
import { leasesToTake, type LeaseView } from "#local/functions-host/cosmos/balance.ts";

const EXPIRATION_MS = 60_000;
const NOW = 1_000_000;

const countsOf = (leases: readonly LeaseView[], hosts: readonly string[]): number[] =>
  hosts.map((host) => leases.filter(({ owner }) => owner === host).length);

/** Every host looks once, in turn, and gets what it asks for. */
function round(leases: LeaseView[], hosts: readonly string[]): boolean {
  let moved = false;
  for (const host of hosts) {
    for (const { id } of leasesToTake(leases, host, NOW, EXPIRATION_MS)) {
      const at = leases.findIndex((lease) => lease.id === id);
      leases[at] = { id, owner: host, renewedAtMs: NOW };
      moved = true;
    }
  }
  return moved;
}

const hosts = fc.integer({ min: 1, max: 6 }).map((count) => Array.from({ length: count }, (_, n) => `h${n}`));
const lease = fc.record({
  owner: fc.option(fc.constantFrom("h0", "h1", "h2", "gone"), { nil: undefined }),
  ageMs: fc.constantFrom(0, 59_999, 60_001),
});

test("whoever owns what at first, hosts end with equally many leases, none is left over, and then none moves any more", () => {
  fc.assert(
    fc.property(hosts, fc.array(lease, { maxLength: 30 }), (names, found) => {
      const leases: LeaseView[] = found.map(({ owner, ageMs }, index) => ({
        id: String(index),
        // Who is alive renews; only the one that is gone is late.
        owner: owner === undefined || names.includes(owner) ? owner : undefined,
        renewedAtMs: owner === "gone" ? NOW - ageMs : NOW,
      }));
      let rounds = 0;
      while (round(leases, names)) expect(++rounds).toBeLessThan(100);
      const counts = countsOf(leases, names);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(leases.length);
      expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(leases.length / names.length));
    }),
  );
});

test("a lease whose owner is alive is not taken for being free, one whose owner is silent is", () => {
  const of = (renewedAtMs: number): LeaseView => ({ id: "1", owner: "other", renewedAtMs });
  expect(leasesToTake([of(NOW - 60_000)], "me", NOW, EXPIRATION_MS)).toEqual([]);
  expect(leasesToTake([of(NOW - 60_001)], "me", NOW, EXPIRATION_MS)).toHaveLength(1);
});
