import { expect, test } from "vitest";
import { MAX_UNSETTLED } from "#local/service-bus/limits.ts";
import { Sent } from "#local/service-bus/amqp/rhea/sent.ts";

const holding = (...ids: readonly number[]): Sent<string> => {
  const sent = new Sent<string>();
  for (const id of ids) sent.add(id, id % 2 === 0 ? "even" : "odd", undefined);
  return sent;
};
const ids = (sent: Sent<string>, first: number, last: number): number[] =>
  sent.between(first, last).map(({ id }) => id);

test("a range names the deliveries in it, also where numbers start anew", () => {
  const sent = holding(3, 4, 6);
  expect(ids(sent, 4, 6)).toEqual([4, 6]);
  expect(ids(sent, 5, 5)).toEqual([]);
  expect(ids(holding(0xffff_fffe, 0xffff_ffff, 0, 1, 2), 0xffff_ffff, 1)).toEqual([0xffff_ffff, 0, 1]);
});

test("a range of billions is looked up among what there is", () => {
  expect(ids(holding(3, 4, 6), 4, 0xffff_ffff)).toEqual([4, 6]);
  expect(ids(holding(3, 4, 0xffff_fff0), 0xffff_fff0, 0xffff_ffef)).toEqual([3, 4, 0xffff_fff0]);
});

test("the deliveries of a link that ended make room", () => {
  const sent = holding(1, 2, 3);
  sent.removeAllOf("odd");
  sent.remove(9);
  expect(sent.room).toBe(MAX_UNSETTLED - 1);
  expect(ids(sent, 0, 9)).toEqual([2]);
});
