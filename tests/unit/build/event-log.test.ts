import { expect, test } from "vitest";
import { eventLog } from "../../../scripts/terminal-log.ts";

function written(isTTY: boolean, event: string, facts: Record<string, unknown>): string {
  let text = "";
  eventLog({ isTTY, write: (line) => (text += line) })(event, facts);
  return text;
}

const executed = { function: "stock", invocation: "7b0e", outcome: "succeeded", ms: 12.3 };

test("on a terminal every event is one readable line", () => {
  expect(written(true, "executed", executed)).toMatch(
    /^ {2}\d\d:\d\d:\d\d {2}executed function=stock invocation=7b0e outcome=succeeded ms=12\.3\n$/,
  );
});

test("what a function logs is told with its name and the invocation's id", () => {
  const facts = {
    function: "stock",
    invocation: "7b0e",
    level: "information",
    message: '{"event":"order.confirmed","order":"ord_1"}',
  };

  expect(written(true, "function log", facts)).toContain(
    "order.confirmed order=ord_1 function=stock invocation=7b0e",
  );
});

test("in a pipe every event is one JSON object on a line of its own", () => {
  const text = written(false, "executed", executed);

  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual({ time: expect.any(String), event: "executed", ...executed });
});
