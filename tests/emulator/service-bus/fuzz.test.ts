import { connect, type Socket } from "node:net";
import { once } from "node:events";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openBus } from "./open-bus.ts";
import { rawSendBytes } from "./raw-client.ts";

const header = (protocol: number): Buffer => Buffer.from([0x41, 0x4d, 0x51, 0x50, protocol, 1, 0, 0]);

function frame(body: Buffer, type = 0, offset = 2): Buffer {
  const head = Buffer.from([0, 0, 0, 0, offset, type, 0, 0]);
  head.writeUInt32BE(body.length + 8);
  return Buffer.concat([head, body]);
}

/** A performative: its code, then a list of fields that need not make sense. */
const field = fc.oneof(
  fc.constant(Buffer.from([0x40])),
  fc.constant(Buffer.from([0x41])),
  fc.constant(Buffer.from([0x43])),
  fc.constant(Buffer.from([0x45])),
  fc.integer({ min: 0, max: 255 }).map((value) => Buffer.from([0x52, value])),
  fc.uint8Array({ maxLength: 20 }).map((text) => Buffer.from([0xa1, text.length, ...text])),
  fc.uint8Array({ minLength: 1, maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
);
const performative = fc
  .tuple(
    fc.integer({ min: 0x10, max: 0x18 }),
    fc.array(field, { maxLength: 14 }),
    fc.integer({ min: -2, max: 2 }),
  )
  .map(([code, fields, error]) => {
    const content = Buffer.concat(fields);
    const list = Buffer.from([0x00, 0x53, code, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0]);
    list.writeUInt32BE(Math.max(0, content.length + 4 + error), 4);
    list.writeUInt32BE(fields.length, 8);
    return frame(Buffer.concat([list, content]));
  });
const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => frame(Buffer.from(bytes)));
const open = frame(Buffer.from([0x00, 0x53, 0x10, 0xc0, 0x06, 0x02, 0xa1, 0x01, 0x78, 0xa1, 0x00]));
const begin = frame(Buffer.from([0x00, 0x53, 0x11, 0xc0, 0x07, 0x04, 0x40, 0x43, 0x52, 0x05, 0x52, 0x05]));

async function throwAt(port: number, parts: readonly Buffer[]): Promise<void> {
  const socket: Socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  await once(socket, "connect");
  socket.end(Buffer.concat(parts));
  await Promise.race([once(socket, "close"), new Promise((resolve) => setTimeout(resolve, 30))]);
  socket.destroy();
}

test("frames of every kind with any content end at most their own connection", async () => {
  const { client, server, events } = await openBus();
  const sender = client.createSender("work");
  await fc.assert(
    fc.asyncProperty(
      fc.boolean(),
      fc.array(fc.oneof(performative, noise), { minLength: 1, maxLength: 6 }),
      async (opened, frames) => {
        const start = opened ? [header(0), open, begin] : [header(0)];
        await throwAt(server.amqpPort, [...start, ...frames]);
      },
    ),
    { numRuns: 120 },
  );
  await sender.sendMessages({ body: "still here" });
  const [message] = await client.createReceiver("work").receiveMessages(1, { maxWaitTimeInMs: 1000 });
  expect(message?.body).toBe("still here");
  expect(events.filter((event) => event.startsWith("service-bus.bug"))).toEqual([]);
});

test("a transfer that holds no message is rejected by name, and the link lives on", async () => {
  const { client, server, events } = await openBus();
  const send = await rawSendBytes(server.amqpPort, "work");
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.boolean(), async (bytes, batch) => {
      // Without a section's first bytes it can never be a message by chance.
      const payload = Buffer.concat([Buffer.from([0x00, 0x53, 0x79]), bytes]);
      const outcome = await send(payload, batch ? 0x80013700 : 0);
      if (outcome !== "com.microsoft:argument-error") throw new Error(`was ${outcome}`);
    }),
    { numRuns: 60 },
  );
  expect(await send(Buffer.from([0x00, 0x53, 0x75, 0xa0, 1, 7]), 0)).toBe("accepted");
  expect(await send(Buffer.from([0x00, 0x53, 0x75, 0xa0, 1, 7]), 5)).toBe("com.microsoft:argument-error");
  expect(await client.createReceiver("work").peekMessages(5)).toHaveLength(1);
  expect(events.filter((event) => event.startsWith("service-bus.bug"))).toEqual([]);
});
