import { expect, test } from "vitest";
import { MAX_FRAME_BYTES } from "#local/service-bus/limits.ts";
import { Assembly } from "#local/service-bus/amqp/rhea/assembly.ts";
import type { RheaLink } from "#local/service-bus/amqp/rhea/internals.ts";
import { MalformedAmqp } from "#local/service-bus/wire/decode.ts";
import type { Transfer } from "#local/service-bus/wire/performatives.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a link is only a key here
const link = (): RheaLink => ({}) as RheaLink;
const frame = (text: string, more: boolean, fields: Partial<Transfer> = {}): Transfer => ({
  handle: 0,
  deliveryId: undefined,
  format: undefined,
  settled: false,
  aborted: false,
  more,
  payload: Buffer.from(text),
  ...fields,
});

test("a message in several frames is whole with its last; each link has its own", () => {
  const assembly = new Assembly();
  const [one, other] = [link(), link()];
  expect(assembly.take(one, frame("a", true, { deliveryId: 7, format: 3 }))).toBeUndefined();
  expect(assembly.take(other, frame("x", false, { deliveryId: 8 }))?.payload.toString()).toBe("x");
  expect(assembly.take(one, frame("b", true))).toBeUndefined();
  const whole = assembly.take(one, frame("c", false, { settled: true }));
  expect(whole).toMatchObject({ deliveryId: 7, format: 3, settled: true });
  expect(whole?.payload.toString()).toBe("abc");
});

test("of a message that is aborted, or whose link ended, nothing is left", () => {
  const assembly = new Assembly();
  const one = link();
  for (const end of [
    () => assembly.take(one, frame("", false, { aborted: true })),
    () => assembly.forget(one),
  ]) {
    assembly.take(one, frame("old", true, { deliveryId: 1 }));
    end();
    expect(assembly.take(one, frame("new", false, { deliveryId: 2 }))?.payload.toString()).toBe("new");
  }
});

test("a message that never ends is refused before it fills the memory", () => {
  const assembly = new Assembly();
  const one = link();
  const payload = Buffer.alloc(MAX_FRAME_BYTES);
  assembly.take(one, frame("", true, { payload }));
  expect(() => assembly.take(one, frame("x", true))).toThrow(MalformedAmqp);
});
