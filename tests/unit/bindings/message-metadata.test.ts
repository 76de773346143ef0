import * as fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { BODY, down, type MessageWorld, openMessageWorld } from "./message-world.ts";

let world: MessageWorld;
beforeEach(() => {
  world = openMessageWorld();
});

describe("what the host makes of metadata", () => {
  test("ids that look like numbers or booleans stay the ids they were", async () => {
    await world.handle(down, world.metadata({ messageId: 42, correlationId: true }));
    expect(world.sent()).toMatchObject({ messageId: "42:a2", correlationId: "true" });
  });

  test("the subject of the body, which hides the message's own, is not taken for it in any later copy", async () => {
    const body = { ...BODY, subject: "ord_1" };
    await world.handle(down, world.metadata({ subject: "ord_1" }), body);
    const [copy = world.sent()] = world.anHourLater();
    await world.handle(down, { ...world.metadataOf(copy), label: undefined, subject: "ord_1" }, body);
    expect(world.anHourLater()).toMatchObject([{ subject: "order.placed.v1" }]);
  });

  test.each(["soon", "", -3, 0, 1.5, null, "NaN"])(
    "an attempt of %j makes no sense and counts as the first",
    async (attempt) => {
      await world.handle(
        down,
        world.metadata({ applicationProperties: { "x-attempt": attempt, "x-hop": attempt } }),
      );
      expect(world.sent()).toMatchObject({
        messageId: "ord_1.v1-inventory:a2",
        properties: { "x-attempt": 2, "x-hop": 2 },
      });
    },
  );

  test("nothing at all is enough to retry", async () => {
    await world.handle(down, {});
    expect(world.sent()).toMatchObject({ messageId: "inv_1:a2", subject: "", correlationId: "" });
    expect(world.sent().properties).toMatchObject({
      "x-first-enqueued-at": new Date(world.app.system.now()).toISOString(),
    });
  });

  test("whatever it holds, a failed message becomes exactly one other message, and never two", async () => {
    const anything = fc.jsonValue({ maxDepth: 2 });
    const names = ["messageId", "label", "correlationId", "deliveryCount", "enqueuedTimeUtc"];
    const properties = fc.dictionary(
      fc.constantFrom(
        "x-attempt",
        "x-hop",
        "x-original-message-id",
        "x-first-enqueued-at",
        "x-subject",
        "traceparent",
      ),
      anything,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...names), anything),
        properties,
        async (given, applicationProperties) => {
          world = openMessageWorld();
          await world.handle(down, { ...given, applicationProperties });
          expect(world.sent().messageId).toMatch(/:a\d+(:parked)?$/);
        },
      ),
      // Found by chance: it becomes no number at all, not even NaN.
      { numRuns: 500, examples: [[{ deliveryCount: { toString: null } }, {}]] },
    );
  });
});
