import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { amend } from "#local/service-bus/message/amend.ts";
import { fieldsOf } from "#local/service-bus/message/fields.ts";
import { BATCH_FORMAT, readMessage, readTransfer } from "#local/service-bus/message/incoming.ts";
import { compose, type Stamp } from "#local/service-bus/message/outgoing.ts";
import { MalformedAmqp } from "#local/service-bus/wire/decode.ts";
import { int, text } from "#local/service-bus/wire/values.ts";

interface Codec {
  encode(message: object): Buffer;
  decode(bytes: Buffer): Record<string, unknown>;
  data_section(bytes: Buffer): unknown;
  data_sections(bytes: readonly Buffer[]): unknown;
}
// The client's own codec is the judge of what we read and write.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module
const codec = createRequire(import.meta.url)("rhea/lib/message.js") as Codec;

const stamp: Stamp = {
  deliveryCount: 3,
  enqueuedAt: 1_780_000_000_123,
  sequence: 2 ** 40 + 5,
  enqueueSequence: 7,
  lockedUntil: 1_780_000_060_123,
  state: 0,
  deadLetterSource: "orders",
};

const sample = (): Buffer =>
  codec.encode({
    durable: true,
    priority: 9,
    ttl: 5000,
    message_id: "m-1",
    subject: "order.placed.v1",
    group_id: "s-1",
    message_annotations: { "x-opt-partition-key": "p", "x-opt-sequence-number": 99 },
    delivery_annotations: { hop: 1 },
    application_properties: { brand: "b", size: 5 },
    footer: { end: "here" },
    body: codec.data_section(Buffer.from("hello")),
  });

test("the facts the broker acts on are read, the rest stays encoded", () => {
  const message = readMessage(sample());
  expect(message).toMatchObject({
    messageId: "m-1",
    sessionId: "s-1",
    timeToLiveMs: 5000,
    scheduledAt: undefined,
  });
  expect(codec.decode(message.payload)).toMatchObject({
    message_annotations: { "x-opt-partition-key": "p" },
    application_properties: { brand: "b", size: 5 },
    footer: { end: "here" },
  });
  expect(codec.decode(message.payload)).not.toHaveProperty("delivery_annotations");
});

test("what goes out has the publisher's header and annotations, and ours", () => {
  const out = codec.decode(compose(readMessage(sample()).payload, stamp));
  expect(out).toMatchObject({
    durable: true,
    priority: 9,
    ttl: 5000,
    delivery_count: 3,
    message_id: "m-1",
    footer: { end: "here" },
    message_annotations: {
      "x-opt-partition-key": "p",
      "x-opt-sequence-number": 2 ** 40 + 5,
      "x-opt-enqueue-sequence-number": 7,
      "x-opt-message-state": 0,
      "x-opt-deadletter-source": "orders",
    },
  });
  expect(out["body"]).toMatchObject({ content: Buffer.from("hello") });
});

test("the bare message leaves byte for byte", () => {
  const bare = codec.encode({
    message_id: "m",
    application_properties: { a: 1.5, b: true },
    body: { deep: [1] },
  });
  const { payload } = readMessage(bare);
  const out = compose(payload, stamp);
  const properties = bare.indexOf(Buffer.from([0x00, 0x53, 0x73]));
  expect(out.subarray(out.length - (bare.length - properties))).toEqual(bare.subarray(properties));
});

test("a message without an id gets one, and keeps its other properties", () => {
  const first = readMessage(codec.encode({ subject: "s", body: 1 }));
  const second = readMessage(codec.encode({ subject: "s", body: 1 }));
  expect(first.messageId).not.toBe(second.messageId);
  expect(codec.decode(first.payload)).toMatchObject({ message_id: first.messageId, subject: "s", body: 1 });
});

test("the text 1 and the number 1 are two message ids", () => {
  const asText = readMessage(codec.encode({ message_id: "1", body: 1 }));
  const asNumber = readMessage(codec.encode({ message_id: 1, body: 1 }));
  expect(asText.messageId).not.toBe(asNumber.messageId);
});

test("a batch is read as its messages", () => {
  const entries = ["a", "b"].map((id) =>
    codec.encode({ message_id: id, body: codec.data_section(Buffer.from(id)) }),
  );
  const batch = codec.encode({ message_id: "a", body: codec.data_sections(entries) });
  expect(readTransfer(batch, BATCH_FORMAT).map(({ messageId }) => messageId)).toEqual(["a", "b"]);
  expect(() => readTransfer(batch, 17)).toThrow(MalformedAmqp);
});

test("application properties are added and overwritten, all else stays", () => {
  const { payload } = readMessage(sample());
  const changed = amend(payload, [
    ["brand", text("c")],
    ["attempt", int(2)],
    ["absent", { type: "null" }],
  ]);
  expect(codec.decode(changed)).toMatchObject({
    application_properties: { brand: "c", size: 5, attempt: 2 },
    footer: { end: "here" },
    message_id: "m-1",
  });
  const bare = readMessage(codec.encode({ message_id: "m", body: 1 })).payload;
  expect(codec.decode(amend(bare, [["a", int(1)]]))).toMatchObject({
    application_properties: { a: 1 },
    body: 1,
  });
});

test("rules see system properties as text and application properties with their type", () => {
  const fields = fieldsOf(readMessage(sample()).payload);
  expect(fields.system("subject")).toBe("order.placed.v1");
  expect(fields.system("to")).toBeUndefined();
  expect(fields.application("size")).toMatchObject({ value: 5 });
  expect(fields.application("missing")).toBeUndefined();
});

test("an omitted body leaves everything in front of it", () => {
  const out = codec.decode(compose(readMessage(sample()).payload, stamp, true));
  expect(out).toMatchObject({ message_id: "m-1", application_properties: { brand: "b" } });
  expect(out).not.toHaveProperty("body");
});
