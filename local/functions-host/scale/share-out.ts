/** What one group would have, if it were alone. */
export interface Wish {
  readonly name: string;
  readonly target: number;
}

/**
 * Fits all groups into the total: whoever has most gives first, so that everybody with work to do keeps at least one
 * instance as long as the total allows one each.
 */
export function shareOut(wishes: readonly Wish[], total: number): ReadonlyMap<string, number> {
  const shares = new Map(wishes.map(({ name, target }) => [name, target]));
  let over = [...shares.values()].reduce((sum, count) => sum + count, 0) - total;
  for (; over > 0; over -= 1) {
    const [name, count] = [...shares].reduce((largest, each) => (each[1] >= largest[1] ? each : largest));
    shares.set(name, count - 1);
  }
  return shares;
}
