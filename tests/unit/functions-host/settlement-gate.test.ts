import { array, assert, asyncProperty, constantFrom, nat, tuple } from "fast-check";
import { expect, test } from "vitest";
import { type Outcome, SettlementGate } from "#local/functions-host/service-bus/settlement-gate.ts";

test("equal outcomes go together, another one waits until all before it are answered", async () => {
  const gate = new SettlementGate();
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const settle = (name: string) => () => {
    sent.push(name);
    return new Promise<void>((resolve) => answers.push(resolve));
  };

  const all = [
    gate.settle("complete", settle("c1")),
    gate.settle("complete", settle("c2")),
    gate.settle("abandon", settle("a1")),
    gate.settle("complete", settle("c3")),
  ];
  expect(sent).toEqual(["c1", "c2"]);
  answers[0]?.();
  await Promise.resolve();
  expect(sent).toEqual(["c1", "c2"]);
  answers[1]?.();
  await all[1];
  expect(sent).toEqual(["c1", "c2", "a1"]);
  answers[2]?.();
  await all[2];
  expect(sent).toEqual(["c1", "c2", "a1", "c3"]);
  answers[3]?.();
  await Promise.all(all);
});

test("a settlement that fails rejects for its caller only, and the line moves on", async () => {
  const gate = new SettlementGate();

  const failed = gate.settle("complete", () => Promise.reject(new Error("lock lost")));
  const next = gate.settle("abandon", () => Promise.resolve());

  await expect(failed).rejects.toThrow("lock lost");
  await next;
});

test("whatever the mix, two outcomes are never under way together and nobody is forgotten", async () => {
  const outcomes = array(tuple(constantFrom<Outcome>("complete", "abandon"), nat(3)), {
    maxLength: 60,
  });
  await assert(
    asyncProperty(outcomes, async (calls) => {
      const gate = new SettlementGate();
      const underWay: Outcome[] = [];
      let mixed = false;
      let settled = 0;
      await Promise.all(
        calls.map(([outcome, turns]) =>
          gate.settle(outcome, async () => {
            underWay.push(outcome);
            mixed ||= underWay.some((other) => other !== outcome);
            for (let turn = 0; turn <= turns; turn += 1) await Promise.resolve();
            underWay.splice(underWay.indexOf(outcome), 1);
            settled += 1;
          }),
        ),
      );
      expect(mixed).toBe(false);
      expect(settled).toBe(calls.length);
    }),
  );
});
