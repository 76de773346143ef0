import { expect, test } from "vitest";
import { InspectPorts } from "#local/functions-host/pool/inspect-ports.ts";

test("every worker gets a debugger port of its own, and a restarted one the port of the one before", () => {
  const ports = new InspectPorts();

  const first = ports.take(["--inspect"]);
  const second = ports.take(["--inspect=127.0.0.1:9300", "--enable-source-maps"]);
  first.release();

  expect(first.execArgv).toEqual(["--inspect=9229"]);
  expect(second.execArgv).toEqual(["--inspect=127.0.0.1:9301", "--enable-source-maps"]);
  expect(ports.take(["--inspect-brk"]).execArgv).toEqual(["--inspect-brk=9229"]);
  expect(ports.take(["--inspect=0"]).execArgv).toEqual(["--inspect=0"]);
});
