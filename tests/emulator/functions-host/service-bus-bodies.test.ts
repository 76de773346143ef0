import { expect, test } from "vitest";
import { queueHolds, said, saidTimes, useBus, useQueueApp } from "./use-bus.ts";

/** In the client's other form of a message. */
const amqp = (bodyType: "value" | "sequence", body: unknown) => ({ bodyType, body });

const handler = "say(context, [typeof body, body]);";

test("an AMQP value body that is text reaches the handler as text, tried as JSON like any other", async () => {
  const bus = await useBus();
  const host = await useQueueApp(bus, { handler });
  const texts = ["plain", '{"n":1}'];
  const messages = texts.map((body) => amqp("value", body));
  await bus.client.createSender("work").sendMessages(messages);

  await saidTimes(host, 2);

  expect(said(host)).toEqual([
    ["string", "plain"],
    ["object", { n: 1 }],
  ]);
});

test.for([
  ["a map", amqp("value", { n: 1 })],
  ["a number", amqp("value", 7)],
  ["a sequence", amqp("sequence", [[1, 2]])],
] as const)(
  "%s as AMQP body fails the invocation before the handler, until it is a dead letter",
  async ([, message]) => {
    const bus = await useBus({ maxDeliveryCount: 2 });
    const host = await useQueueApp(bus, { handler });
    await bus.client.createSender("work").sendMessages(message);

    await queueHolds(bus, 0, 1);

    expect(said(host)).toEqual([]);
    const failures = host.lines.filter(({ event }) => event === "invocation failed");
    expect(failures.map(({ facts }) => facts["error"])).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining("which only works as text")),
    );
  },
);

test("a body that is not UTF-8 reaches the handler with what it cannot read replaced", async () => {
  const bus = await useBus();
  const host = await useQueueApp(bus, { handler });
  await bus.client.createSender("work").sendMessages({ body: Buffer.from([0x61, 0xff, 0x62]) });

  await saidTimes(host, 1);

  expect(said(host)).toEqual([["string", "a\uFFFDb"]]);
});

test.for([
  ["preInvocation", 'app.hook.preInvocation(() => { throw new Error("not now"); });'],
  ["postInvocation", 'app.hook.postInvocation(() => { throw new Error("not now"); });'],
])("a %s hook that throws abandons the message, until it is a dead letter", async ([, hook = ""]) => {
  const bus = await useBus({ maxDeliveryCount: 2 });
  await bus.client.createSender("work").sendMessages({ body: "x" });
  const host = await useQueueApp(bus, { more: hook, handler: "say(context, body);" });

  await queueHolds(bus, 0, 1);

  expect(host.lines.filter(({ event }) => event === "invocation failed")).toHaveLength(2);
});
