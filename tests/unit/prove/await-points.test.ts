import { expect, test } from "vitest";
import { instrument } from "../../prove/support/await-points.ts";

const SOURCE = `/** Umlauts ä take two bytes. */
class Till {
  #sum = 1;
  async add(more: Promise<{ value(): Promise<number> }>): Promise<number> {
    return this.#sum + (await (await more).value());
  }
}
const answer = new Till().add(Promise.resolve({ value: async () => 41 }));
`;

test("every await is a point, nested ones too, and the code does what it did", async () => {
  const { points, code } = instrument("till.ts", SOURCE);
  expect(points.map(({ id }) => id)).toEqual(["till.ts:5:25", "till.ts:5:32"]);
  expect(points[0]?.text).toBe("return this.#sum + (await (await more).value());");

  const passed: string[] = [];
  const plain = code.replace(/: Promise<.*(?=\) *:)/, "").replace("): Promise<number>", ")");
  // oxlint-disable-next-line typescript/no-implied-eval -- what was rewritten must run
  const run = new Function("__awaitPoint", `${plain}; return answer;`);
  const point = async (id: string, begin: () => unknown): Promise<unknown> => {
    passed.push(`before ${id}`);
    const value = await begin();
    passed.push(`after ${id}`);
    return value;
  };
  expect(await run(point)).toBe(42);
  expect(passed).toEqual([
    "before till.ts:5:25",
    "before till.ts:5:32",
    "after till.ts:5:32",
    "after till.ts:5:25",
  ]);
});

test("a loop that waits for each of many is a point", () => {
  const loop = "async function f(all: AsyncIterable<number>) { for await (const one of all) print(one); }";
  expect(instrument("loop.ts", loop)).toEqual({
    points: [{ id: "loop.ts:1:48", text: loop }],
    code: loop.replace("of all", 'of __awaitEach("loop.ts:1:48", (all))'),
  });
});

test("what waits where no expression stands is refused, not left out", () => {
  const using = "async function f() { await using file = open(); }";
  expect(() => instrument("using.ts", using)).toThrow("using.ts: an await that cannot be instrumented");
});
