import type { Container, OperationInput } from "@azure/cosmos";
import { describe, expect, test } from "vitest";
import { BulkWriter } from "#shared/adapters/cosmos/bulk-writer.ts";

/** A container whose bulk requests wait until the test answers them. */
function scriptedContainer() {
  const requests: {
    readonly ids: string[];
    answer(codeOf?: (id: string) => number): void;
    fail(error: Error): void;
  }[] = [];
  const bulk = (operations: readonly OperationInput[]) => {
    const ids = operations.map((operation) => ("id" in operation ? operation.id : ""));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const answer = (codeOf: (id: string) => number = () => 200): void =>
      resolve(ids.map((id) => ({ statusCode: codeOf(id), requestCharge: 1 })));
    requests.push({ ids, answer, fail: reject });
    return promise;
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the writer calls nothing else
  return { requests, container: { items: { bulk } } as unknown as Container };
}

const reading = (id: string): OperationInput => ({ operationType: "Read", id, partitionKey: id });
const turn = (): Promise<void> => new Promise(setImmediate);

function open() {
  const { requests, container } = scriptedContainer();
  const writer = new BulkWriter(container, { returnBodies: false });
  const write = (id: string) => writer.write(reading(id));
  return { requests, write };
}

describe("writes that share requests", () => {
  test("the first leaves at once, those that come meanwhile leave together, in their order", async () => {
    const { requests, write } = open();
    const writes = ["a", "b", "c", "d"].map(write);
    await turn();
    expect(requests.map(({ ids }) => ids)).toEqual([["a"]]);
    requests[0]?.answer();
    await turn();
    expect(requests.map(({ ids }) => ids)).toEqual([["a"], ["b", "c", "d"]]);
    requests[1]?.answer();
    await Promise.all(writes);
    void write("e");
    await turn();
    expect(requests.at(-1)?.ids).toEqual(["e"]);
  });

  test("no request carries more than the hundred operations that the service takes", async () => {
    const { requests, write } = open();
    const writes = Array.from({ length: 251 }, (_, number) => write(`${number}`));
    for (let request = 0; request < 4; request++) {
      await turn();
      requests[request]?.answer();
    }
    await Promise.all(writes);
    expect(requests.map(({ ids }) => ids.length)).toEqual([1, 100, 100, 50]);
  });

  test("each is told its own status, and only the one that found the service busy fails", async () => {
    const { requests, write } = open();
    const codes: Readonly<Record<string, number>> = {
      a: 201,
      b: 409,
      c: 412,
      d: 429,
      e: 449,
      f: 503,
      g: 404,
      h: 408,
      i: 410,
    };
    const writes = Object.keys(codes).map(write);
    for (const request of [0, 1]) {
      await turn();
      requests[request]?.answer((id) => codes[id] ?? 0);
    }
    const results = await Promise.allSettled(writes);
    const told = results.map((result) =>
      result.status === "fulfilled" ? result.value.statusCode : String(result.reason).split(":")[0],
    );
    expect(told).toEqual([
      201,
      409,
      412,
      "TransientFault",
      "TransientFault",
      "TransientFault",
      404,
      "TransientFault",
      "TransientFault",
    ]);
  });

  test("a request that fails fails those in it, and the next ones go out", async () => {
    const { requests, write } = open();
    const [first, second] = [write("a"), write("b")];
    await turn();
    requests[0]?.fail(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }));
    await expect(first).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: true });
    await turn();
    requests[1]?.answer();
    expect(await second).toMatchObject({ statusCode: 200 });
  });
});
