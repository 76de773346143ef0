import { beforeEach, describe, expect, test } from "vitest";
import type { MessageCall } from "#shared/bindings/message.ts";
import type { OutgoingMessage } from "#shared/ports/bus.ts";
import {
  down,
  failing,
  HOUR,
  type MessageWorld,
  openMessageWorld,
  refused,
  type Run,
} from "./message-world.ts";

let world: MessageWorld;
beforeEach(() => {
  world = openMessageWorld();
});

describe("a dead letter that somebody sends again to its queue", () => {
  /** As it lies in the dead-letter queue: parked, with what the broker adds. */
  async function deadLetter(): Promise<OutgoingMessage> {
    const parked = await world.untilParked(failing(new TypeError("x is not a function")));
    world.app.system.advance(HOUR);
    return parked;
  }
  const reason = { DeadLetterReason: "MaxDeliveryCountExceeded" };

  test.each<readonly [string, (dead: OutgoingMessage) => OutgoingMessage]>([
    [
      "as it is, with the broker's reason",
      (dead) => ({ ...dead, properties: { ...dead.properties, ...reason } }),
    ],
    ["as it is, without the broker's reason", (dead) => dead],
    ["under an id of its own", (dead) => ({ ...dead, messageId: "a-new-id" })],
    ["without the mark", (dead) => ({ ...dead, properties: { ...dead.properties, parked: false } })],
  ])(
    "%s is worked on anew: the first attempt of a new budget, in copies of their own",
    async (_how, send) => {
      const dead = await deadLetter();
      const again = send(dead);
      const given = world.metadataOf(again);
      let seen: MessageCall<unknown> | undefined;
      const work: Run = async (call) => {
        seen = call;
        return await down(call);
      };
      await world.handle(work, given, again.body);
      const nowMs = world.app.system.now();
      expect(seen?.facts).toMatchObject({ attempt: 1, hop: 6, firstEnqueuedAtMs: nowMs, redelivered: true });
      expect(world.anHourLater()).toMatchObject([
        {
          messageId: "ord_1.v1-inventory:a7",
          properties: { "x-attempt": 2, "x-first-enqueued-at": new Date(nowMs).toISOString() },
        },
      ]);
    },
  );

  test("that cannot be done this time either is parked again under another id, or it would be dropped as a repeat", async () => {
    const dead = await deadLetter();
    await world.handle(refused, world.metadataOf({ ...dead, properties: { ...dead.properties, ...reason } }));
    expect(dead.messageId).toBe("ord_1.v1-inventory:a5:parked");
    expect(world.app.bus.arrived.at(-1)).toMatchObject({
      messageId: "ord_1.v1-inventory:a6:parked",
      properties: { parked: true, failureReason: "MailRefused", attempts: 1 },
    });
    expect(world.app.bus.arrived.at(-1)?.properties).not.toHaveProperty("DeadLetterReason");
  });

  test("is not seen in a parked copy of which the host tells nothing more: nobody works on it in circles", async () => {
    await world.handle(refused);
    const { messageId: _, enqueuedTimeUtc: __, ...bare } = world.metadataOf(world.sent());
    await expect(world.handle(refused, bare)).rejects.toMatchObject({ name: "ParkedMessage" });
  });
});
