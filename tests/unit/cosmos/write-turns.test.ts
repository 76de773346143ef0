import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { WriteTurns } from "#local/cosmos/store/write-turns.ts";

/** Sizes of the turns that were run. */
function useTurns(): { sizes: number[]; add: (count: number) => Promise<boolean[]> } {
  const sizes: number[] = [];
  let size = 0;
  const turns = new WriteTurns((work) => {
    size = 0;
    work();
    sizes.push(size);
    return Promise.resolve();
  });
  const add = (count: number): Promise<boolean[]> =>
    Promise.all(Array.from({ length: count }, () => turns.add(() => size++, false)));
  return { sizes, add };
}

test("what one turn of the event loop brings is done together, and who is alone waits for nobody", async () => {
  const { sizes, add } = useTurns();
  await add(2);
  void add(1);
  await turn();
  await turn();
  expect(sizes).toEqual([2, 1]);
});

test("the first of a crowd wait for the others of it, over several turns", async () => {
  const { sizes, add } = useTurns();
  await add(5);
  const early = add(2);
  await turn();
  expect(sizes).toEqual([5]);
  await Promise.all([early, add(3)]);
  expect(sizes).toEqual([5, 5]);
});

test("a crowd that does not come again is waited for once, a moment only", async () => {
  const { sizes, add } = useTurns();
  await add(5);
  await add(1);
  void add(1);
  await turn();
  await turn();
  expect(sizes).toEqual([5, 1, 1]);
});

test("when the work of a turn fails, all of it is told so", async () => {
  const turns = new WriteTurns(() => Promise.reject(new Error("full")));
  const both = [turns.add(() => undefined, false), turns.add(() => undefined, false)];
  expect(await Promise.all(both)).toEqual([false, false]);
});
