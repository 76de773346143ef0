import fc from "fast-check";
import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { MalformedAmqp } from "#local/service-bus/wire/decode.ts";
import { ACCEPTED, dispositionFrame, rejected, transferFrames } from "#local/service-bus/wire/frames.ts";
import {
  Performative,
  performativeOf,
  readDisposition,
  readFlow,
  readTransferFrame,
} from "#local/service-bus/wire/performatives.ts";

/** rhea's codec, which Azure's client uses, is what ours must agree with. */
interface RheaFrames {
  amqp_frame(channel: number, performative: unknown, payload?: Buffer): unknown;
  write_frame(frame: unknown): Buffer;
  read_frame(bytes: Buffer): {
    readonly channel: number;
    readonly performative: Record<string, unknown>;
    readonly payload?: Buffer;
  };
  flow(fields: object): unknown;
  transfer(fields: object): unknown;
  disposition(fields: object): unknown;
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what the interface names is used
const rhea = createRequire(import.meta.url)("rhea/lib/frames.js") as RheaFrames;

const uint = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array));

const bodyOf = (frame: Buffer): number => {
  const found = performativeOf(frame);
  if (found === undefined) throw new Error("not one of the three");
  return found.at;
};

test("flows, transfers and dispositions of rhea are read as they were meant", () => {
  fc.assert(
    fc.property(uint, uint, fc.option(uint), fc.boolean(), bytes(300), (id, last, handle, flag, payload) => {
      const write = (performative: unknown, content?: Buffer): Buffer =>
        rhea.write_frame(rhea.amqp_frame(3, performative, content));
      const windows = { incoming_window: id, next_outgoing_id: last, outgoing_window: 7 };
      const flow = write(
        rhea.flow({ ...windows, ...(handle === null ? {} : { handle, link_credit: id }), drain: flag }),
      );
      expect(readFlow(flow, bodyOf(flow))).toMatchObject({
        nextIncomingId: undefined,
        incomingWindow: id,
        nextOutgoingId: last,
        handle: handle ?? undefined,
        linkCredit: handle === null ? undefined : id,
        drain: flag,
        echo: false,
      });
      const transfer = write(
        rhea.transfer({ handle: 5, delivery_id: id, message_format: last, settled: flag, more: !flag }),
        payload,
      );
      expect(readTransferFrame(transfer, bodyOf(transfer))).toMatchObject({
        handle: 5,
        deliveryId: id,
        format: last,
        settled: flag,
        more: !flag,
        aborted: false,
        payload,
      });
      const disposition = write(rhea.disposition({ role: flag, first: id, last: handle ?? undefined }));
      expect(readDisposition(disposition, bodyOf(disposition))).toEqual({
        role: flag,
        first: id,
        last: handle ?? id,
        settled: false,
        state: undefined,
      });
    }),
  );
});

test("rhea reads our transfers, in one frame or in as many as the peer's frames need", () => {
  fc.assert(
    fc.property(
      uint,
      uint,
      fc.boolean(),
      bytes(32),
      bytes(3000),
      fc.integer({ min: 0, max: 1200 }),
      (...all) => {
        const [handle, id, settled, tag, payload, most] = all;
        const frames = transferFrames(9, { handle, id, tag, settled }, payload, most);
        const read = frames.map((frame) => rhea.read_frame(frame));
        for (const [at, { channel, performative }] of read.entries()) {
          expect(frames[at]?.length).toBeLessThanOrEqual(Math.max(512, most));
          expect(channel).toBe(9);
          expect(performative).toMatchObject({
            handle,
            delivery_id: id,
            settled,
            more: at < read.length - 1,
          });
          expect(performative["delivery_tag"]).toEqual(tag);
        }
        const whole = Buffer.concat(read.map((one) => one.payload ?? Buffer.alloc(0)));
        expect(whole.equals(payload)).toBe(true);
      },
    ),
  );
});

test("rhea reads our dispositions, with an error as long as it likes", () => {
  const range = { role: false, first: 1, last: 0xffff_fff0 };
  const accepted = rhea.read_frame(dispositionFrame(2, range, ACCEPTED)).performative;
  expect(accepted).toMatchObject({ ...range, settled: true });
  const text = "é".repeat(700);
  const frame = dispositionFrame(2, range, rejected("com.microsoft:timeout", text));
  expect(frame.includes(Buffer.from(text))).toBe(true);
  expect(rhea.read_frame(frame).performative).toMatchObject({ ...range, settled: true });
});

test("whatever bytes follow a frame's header, reading ends with a value or a clear error", () => {
  const isClear = (read: () => unknown): boolean => {
    try {
      read();
      return true;
    } catch (error) {
      return error instanceof MalformedAmqp;
    }
  };
  const kinds = fc.constantFrom(...Object.values(Performative));
  fc.assert(
    fc.property(kinds, fc.boolean(), bytes(60), (code, isLong, noise) => {
      const descriptor = isLong ? [0x80, 0, 0, 0, 0, 0, 0, 0, code] : [0x53, code];
      const frame = Buffer.concat([Buffer.from([0, 0, 0, 0, 2, 0, 0, 0, 0, ...descriptor]), noise]);
      expect(performativeOf(frame)?.code).toBe(code);
      for (const read of [readFlow, readTransferFrame, readDisposition])
        expect(isClear(() => read(frame, bodyOf(frame)))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
