import fc from "fast-check";
import { expect, test } from "vitest";
import { amend, deadLetterAmendments } from "#local/service-bus/message/amend.ts";
import { fieldsOf } from "#local/service-bus/message/fields.ts";
import { readMessage } from "#local/service-bus/message/incoming.ts";
import { checkValue, decodeValue, MalformedAmqp } from "#local/service-bus/wire/decode.ts";
import { encodeSection } from "#local/service-bus/wire/encode.ts";
import { Section } from "#local/service-bus/wire/sections.ts";
import { int, list, mapOf, text } from "#local/service-bus/wire/values.ts";

const body = encodeSection(Section.value, text("x"));
/** A map of one entry whose value has a constructor that AMQP does not know. */
const unknownValue = Buffer.from([0xc1, 0x05, 0x02, 0xa1, 0x01, 0x61, 0x5f]);
const section = (descriptor: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0x00, 0x53, descriptor]), value]);

test.each([
  ["application properties with an unknown type", section(Section.applicationProperties, unknownValue)],
  ["application properties that are a list", encodeSection(Section.applicationProperties, list([]))],
  ["annotations that are a text", encodeSection(Section.messageAnnotations, text("a"))],
  ["properties that are a map", encodeSection(Section.properties, mapOf({ a: int(1) }))],
  ["properties with an unknown type", section(Section.properties, Buffer.from([0xc0, 0x02, 0x01, 0x5f]))],
  ["a header that is a number", encodeSection(Section.header, int(1))],
])("%s are refused when they are sent, not when somebody must read them", (_, malformed) => {
  expect(() => readMessage(Buffer.concat([malformed, body]))).toThrow(MalformedAmqp);
});

test("whatever bytes are accepted as a value can be decoded, and the other way round", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 24 }),
    fc.array(fc.constantFrom(0, 1, 2, 3, 0x40, 0x45, 0x53, 0xa1, 0xc0, 0xc1, 0xd1, 0xe0, 0x5f), {
      minLength: 1,
      maxLength: 24,
    }),
  );
  let accepted = 0;
  fc.assert(
    fc.property(bytes, (raw) => {
      const buffer = Buffer.from(raw);
      const outcome = (read: () => number): number | string => {
        try {
          return read();
        } catch (error) {
          if (error instanceof MalformedAmqp) return "malformed";
          throw error;
        }
      };
      const checked = outcome(() => checkValue(buffer, 0));
      if (checked !== "malformed") accepted++;
      expect(checked).toBe(outcome(() => decodeValue(buffer, 0)[1]));
    }),
    { numRuns: 5000 },
  );
  expect(accepted).toBeGreaterThan(100);
});

test("a message that was accepted can be read by rules and become a dead letter, however odd it is", () => {
  const odd = fc.array(fc.constantFrom(0, 1, 2, 3, 4, 0x40, 0x45, 0x53, 0x61, 0xa1, 0xc1, 0xc0), {
    maxLength: 10,
  });
  let accepted = 0;
  fc.assert(
    fc.property(odd, odd, (properties, application) => {
      const sized = (code: number, content: readonly number[]): Buffer => {
        const [count = 0, ...items] = content;
        return Buffer.from([code, items.length + 1, count % 5, ...items]);
      };
      const bytes = Buffer.concat([
        section(Section.properties, sized(0xc0, properties)),
        section(Section.applicationProperties, sized(0xc1, application)),
        body,
      ]);
      let payload: Buffer;
      try {
        ({ payload } = readMessage(bytes));
      } catch (error) {
        if (error instanceof MalformedAmqp) return;
        throw error;
      }
      accepted++;
      const fields = fieldsOf(payload);
      fields.system("subject");
      fields.applicationProperties();
      expect(amend(payload, deadLetterAmendments("reason", "text")).length).toBeGreaterThan(payload.length);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(50);
});
