import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { QueueName } from "#shared/contracts/topology.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";

export interface BusWorld {
  readonly bus: Bus;
  /** Milliseconds since the Unix epoch, as the broker sees it. */
  now(): number;
  /** Lets the broker's time pass. */
  advance(ms: number): Promise<void>;
  /** Takes at least `count` messages off a queue, if there are that many, and whatever else is due with them. */
  take(queue: QueueName, count: number): Promise<readonly OutgoingMessage[]>;
  stop(): Promise<void>;
}

const aMessage = (changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  messageId: `msg_${randomUUID()}`,
  subject: "delivery.due.v1",
  correlationId: "ord_1",
  body: { hello: "Grüße ☕", nested: { list: [1, null, true] } },
  ...changes,
});
const many = (count: number, make: (position: number) => OutgoingMessage): OutgoingMessage[] =>
  Array.from({ length: count }, (_, position) => make(position));
const idsOf = (messages: readonly OutgoingMessage[]): string[] => messages.map(({ messageId }) => messageId);

/** What every bus promises. */
export function testBus(name: string, start: () => Promise<BusWorld>): void {
  describe(`bus: ${name}`, () => {
    let world: BusWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    /** Everything that has reached the queue, up to a message sent now. */
    const drain = async (queue: QueueName, expected: number): Promise<readonly OutgoingMessage[]> => {
      const end = aMessage({ messageId: "end-" + randomUUID() });
      await world.bus.send(queue, [end]);
      const taken = await world.take(queue, expected + 1);
      return taken.filter(({ messageId }) => messageId !== end.messageId);
    };

    test("a message arrives as it was sent", async () => {
      const properties = { traceparent: "00-1-2-01", "x-attempt": 3, parked: true, "x-share": 0.5 };
      const message = aMessage({ properties });
      await world.bus.send("vendor-email", [message]);
      expect(await drain("vendor-email", 1)).toEqual([message]);
    });

    test("nothing to send is nothing sent", async () => {
      await world.bus.send("vendor-email", []);
      expect(await drain("vendor-email", 0)).toEqual([]);
    });

    test("a topic hands a message to the queues whose rule its subject fits, and to no other", async () => {
      const placed = aMessage({ subject: "order.placed.v1" });
      const confirmed = aMessage({ subject: "order.confirmed.v1" });
      await world.bus.send("notifications", [placed, confirmed]);
      await world.bus.send("inventory", [placed, confirmed]);
      expect(idsOf(await drain("customer-email", 2))).toEqual(idsOf([placed, confirmed]));
      expect(idsOf(await drain("vendor-notices", 1))).toEqual(idsOf([confirmed]));
      expect(idsOf(await drain("stock", 1))).toEqual(idsOf([placed]));
    });

    test("a message sent again arrives once: in one call, in the next, and in parallel", async () => {
      const message = aMessage();
      await world.bus.send("vendor-webhook", [message, message]);
      await world.bus.send("vendor-webhook", [message]);
      await Promise.all(many(20, () => message).map((same) => world.bus.send("vendor-webhook", [same])));
      expect(idsOf(await drain("vendor-webhook", 1))).toEqual([message.messageId]);
    });

    test("a topic drops repeats as well", async () => {
      const message = aMessage({ subject: "order.placed.v1" });
      await world.bus.send("inventory", [message]);
      await world.bus.send("inventory", [message]);
      expect(idsOf(await drain("stock", 1))).toEqual([message.messageId]);
    });

    test("calls that come while others are under way keep their order, and all arrive", async () => {
      const messages = many(200, () => aMessage());
      await Promise.all(messages.map((message) => world.bus.send("vendor-webhook", [message])));
      expect(idsOf(await drain("vendor-webhook", 200))).toEqual(idsOf(messages));
    });

    test("more than fits into one batch of the broker arrives whole and in order", async () => {
      const messages = many(40, () => aMessage({ body: "x".repeat(50_000) }));
      await world.bus.send("vendor-webhook", messages);
      expect(idsOf(await drain("vendor-webhook", 40))).toEqual(idsOf(messages));
    });

    test("a message is not delivered before its time, and then it is", async () => {
      const later = aMessage({ notBeforeMs: world.now() + 5000 });
      const atOnce = aMessage();
      await world.bus.send("vendor-email", [later, atOnce]);
      expect(idsOf(await drain("vendor-email", 1))).toEqual([atOnce.messageId]);
      await world.advance(4999);
      expect(idsOf(await drain("vendor-email", 0))).toEqual([]);
      await world.advance(1);
      expect(idsOf(await drain("vendor-email", 1))).toEqual([later.messageId]);
    });

    test("a message whose time has passed is delivered at once", async () => {
      const late = aMessage({ notBeforeMs: world.now() - 1000 });
      await world.bus.send("vendor-email", [late]);
      expect(idsOf(await drain("vendor-email", 1))).toEqual([late.messageId]);
    });

    test("a message held back and sent again is still delivered once", async () => {
      const later = aMessage({ notBeforeMs: world.now() + 5000 });
      await world.bus.send("vendor-email", [later]);
      await world.bus.send("vendor-email", [later]);
      await world.advance(5000);
      expect(idsOf(await drain("vendor-email", 1))).toEqual([later.messageId]);
    });
  });
}
