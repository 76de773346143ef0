import { expect, test } from "vitest";
import { WriteTurns } from "#local/cosmos/store/write-turns.ts";

test("what one turn of the event loop brings is done together, with a way back if one of it needs it", async () => {
  const runs: { size: number; wayBack: boolean }[] = [];
  let size = 0;
  const turns = new WriteTurns((work, wayBack) => {
    size = 0;
    work();
    runs.push({ size, wayBack });
    return Promise.resolve();
  });
  const add = (wayBack: boolean): Promise<boolean> => turns.add(() => size++, wayBack);
  expect(await Promise.all([add(false), add(false)])).toEqual([true, true]);
  await Promise.all([add(false), add(true), add(false)]);
  await add(false);
  expect(runs).toEqual([
    { size: 2, wayBack: false },
    { size: 3, wayBack: true },
    { size: 1, wayBack: false },
  ]);
});

test("when the work of a turn fails, all of it is told so", async () => {
  const turns = new WriteTurns(() => Promise.reject(new Error("full")));
  const both = [turns.add(() => undefined, false), turns.add(() => undefined, false)];
  expect(await Promise.all(both)).toEqual([false, false]);
});
