import { expect, test } from "vitest";
import { type Consumer, Consumers } from "#local/service-bus/broker/consumers.ts";

function consumer(room: number): Consumer {
  return { deletes: false, room: () => room, reserve() {}, unreserve() {}, deliver() {}, evict() {} };
}

test("consumers with room are served in turn, others passed over", () => {
  const consumers = new Consumers();
  const [a, full, b] = [consumer(100), consumer(0), consumer(100)];
  for (const one of [a, full, b]) consumers.add(one);
  const served = Array.from({ length: 4 }, () => consumers.next());
  expect(served.filter((one) => one === a)).toHaveLength(2);
  expect(served.filter((one) => one === b)).toHaveLength(2);
  consumers.remove(a);
  consumers.remove(b);
  expect(consumers.next()).toBeUndefined();
});
