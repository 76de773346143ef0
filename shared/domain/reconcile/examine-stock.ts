import type { SkuRecord } from "./records.ts";
import type { Suspicion } from "./suspicion.ts";

/** The level of a SKU and its holds were changed in one transaction, always. */
export function examineStock(record: SkuRecord): Suspicion[] {
  const { sku, level, holds } = record;
  const damaged = holds
    .flatMap((entry) => ("damaged" in entry ? [entry.damaged] : []))
    .map((subject): Suspicion => ({ sku, subject, kind: "damaged", detail: `a hold of ${sku}` }));
  return [...damaged, ...examineLevel(sku, level, holds)];
}

function examineLevel(sku: string, level: SkuRecord["level"], holds: SkuRecord["holds"]): Suspicion[] {
  const held = holds.reduce((sum, entry) => sum + ("record" in entry ? entry.record.quantity : 0), 0);
  if (level === undefined) {
    const detail = `${held} pieces are held of a SKU without a level`;
    return holds.length === 0 ? [] : [{ sku, subject: sku, kind: "level-missing", detail }];
  }
  if ("damaged" in level)
    return [{ sku, subject: level.damaged, kind: "damaged", detail: `the level of ${sku}` }];
  const { available, reserved, sold, stocked = available + reserved + sold } = level.record;
  // What a damaged hold holds nobody knows.
  const isHeld = holds.some((entry) => "damaged" in entry) || reserved === held;
  if (available >= 0 && isHeld && available + reserved + sold === stocked) return [];
  const detail = `${available} available, ${reserved} reserved and ${sold} sold of ${stocked}, but ${held} held`;
  return [{ sku, subject: sku, kind: "level-altered", detail }];
}
