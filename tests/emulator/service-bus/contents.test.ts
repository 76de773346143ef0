import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";

test("a body of every kind comes back as the kind it was, sent alone and in a batch", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const bodies: readonly unknown[] = [
    "text",
    "",
    "ünï€𝄞",
    5,
    -1.5,
    0,
    true,
    false,
    null,
    { list: [1, { deep: null }], text: "ü" },
    [],
    {},
    Buffer.alloc(0),
    Buffer.from([0, 255, 128]),
  ];
  for (const body of bodies) await sender.sendMessages({ body });
  await sender.sendMessages(bodies.map((body) => ({ body })));
  // Bytes without a copy of their own, and nothing at all, which the client writes as null.
  await sender.sendMessages([{ body: new Uint8Array([9, 1, 2, 9]).subarray(1, 3) }, { body: undefined }]);

  const receiver = client.createReceiver("work", { receiveMode: "receiveAndDelete" });
  const received = await receiver.receiveMessages(2 * bodies.length + 2, { maxWaitTimeInMs: 2000 });
  expect(received.map(({ body }): unknown => body)).toEqual([
    ...bodies,
    ...bodies,
    Buffer.from([1, 2]),
    null,
  ]);
});

test("hundreds of application properties of every type come back, the largest just below the limit", async () => {
  const { client } = await openBus();
  const applicationProperties: Record<string, string | number | boolean | Date | null> = {
    empty: "",
    nothing: null,
    long: "x".repeat(32_700),
    large: 2 ** 40,
    negative: -(2 ** 40),
    fraction: 0.1,
    "ключ €": "ü",
  };
  for (let n = 0; n < 400; n++) applicationProperties[`key-${n}`] = n % 2 === 0 ? n : `value ${n}`;
  await client.createSender("work").sendMessages({ body: 1, applicationProperties });
  const receiver = client.createReceiver("work");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.applicationProperties).toEqual(applicationProperties);

  await receiver.abandonMessage(message!, { "key-0": "changed", "": 0, more: true });
  const [again] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(again?.applicationProperties).toEqual({
    ...applicationProperties,
    "key-0": "changed",
    "": 0,
    more: true,
  });
});

test("a property over 32 kB, and properties over 64 kB together, are refused by name", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const send = (applicationProperties: Record<string, string>) =>
    sender.sendMessages({ body: 1, applicationProperties });
  await expect(send({ trace: "x".repeat(32_768) })).rejects.toThrow(/'trace'.*32767 bytes/);
  const three = Object.fromEntries(["a", "b", "c"].map((name) => [name, "x".repeat(30_000)]));
  await expect(send(three)).rejects.toMatchObject({
    code: "GeneralError",
    message: expect.stringMatching(/properties.*65536 bytes/),
  });
  await expect(
    sender.scheduleMessages({ body: 1, applicationProperties: three }, new Date(Date.now() + 60_000)),
  ).rejects.toThrow(/65536 bytes/);
  await sender.sendMessages({ body: "small" });
  expect(await client.createReceiver("work").peekMessages(5)).toHaveLength(1);
});

test("of a batch with one message that is refused nothing arrives", async () => {
  const { client } = await openBus();
  const sender = client.createSender("work");
  const good = { body: 1 };
  const bad = { body: 2, applicationProperties: { trace: "x".repeat(40_000) } };
  await expect(sender.sendMessages([good, bad, good])).rejects.toThrow(/'trace'/);
  await expect(sender.scheduleMessages([good, bad], new Date(Date.now() + 60_000))).rejects.toThrow(
    /'trace'/,
  );
  await expect(sender.sendMessages([good, { body: Buffer.alloc(300_000) }])).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
  expect(await client.createReceiver("work").peekMessages(5)).toEqual([]);

  const batch = await sender.createMessageBatch({ maxSizeInBytes: 2000 });
  expect(batch.tryAddMessage({ body: "x".repeat(1500) })).toBe(true);
  expect(batch.tryAddMessage({ body: "x".repeat(1500) })).toBe(false);
  expect(batch.tryAddMessage({ body: "fits" })).toBe(true);
  await sender.sendMessages(batch);
  expect(await client.createReceiver("work").peekMessages(5)).toHaveLength(2);
});

test("what the broker says of a message cannot be said by its sender", async () => {
  const { client } = await openBus();
  await client.createSender("work").sendMessages({
    body: 1,
    bodyType: "data",
    header: { deliveryCount: 7 },
    messageAnnotations: {
      "x-opt-deadletter-source": "elsewhere",
      "x-opt-message-state": 1,
      "x-opt-locked-until": new Date(0),
      "x-opt-sequence-number": 99,
      "x-opt-mine": "kept",
    },
  });
  const [message] = await client.createReceiver("work").peekMessages(1);
  expect(message).toMatchObject({ state: "active", deliveryCount: 0 });
  expect(message?.sequenceNumber?.toNumber()).toBe(1);
  expect([message?.deadLetterSource, message?.lockedUntilUtc]).toEqual([undefined, undefined]);
  // oxlint-disable-next-line eslint/no-underscore-dangle -- the name is the client's
  expect(message?._rawAmqpMessage.messageAnnotations).toMatchObject({ "x-opt-mine": "kept" });
});
