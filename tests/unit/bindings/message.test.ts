import { beforeEach, describe, expect, test } from "vitest";
import type { MessageCall } from "#shared/bindings/message.ts";
import { DONE } from "#shared/domain/outcome.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import {
  BODY,
  down,
  failing,
  HOUR,
  type MessageWorld,
  openMessageWorld,
  refused,
  type Run,
  TRACE,
} from "./message-world.ts";

const SECOND = 1000;

let world: MessageWorld;
beforeEach(() => {
  world = openMessageWorld();
});

describe("work that is done", () => {
  test("is nothing to send: returning completes the message", async () => {
    await world.handle(() => Promise.resolve(DONE));
    expect(world.app.bus.arrived).toEqual([]);
    expect(world.app.log.lines).toEqual([]);
  });

  test("is told which message it works for, since when, and as part of which trace", async () => {
    let seen: MessageCall<unknown> | undefined;
    await world.handle((call) => {
      seen = call;
      return Promise.resolve(DONE);
    });
    expect(seen).toMatchObject({
      message: BODY,
      facts: {
        originalId: "ord_1.v1-inventory",
        hop: 1,
        firstEnqueuedAtMs: world.app.system.now(),
        redelivered: false,
      },
      // The span of this attempt, in the trace that the message carries.
      occasion: { traceparent: expect.stringContaining(TRACE.slice(0, 36)) },
    });
  });
});

describe("a failure that may pass", () => {
  test("becomes a delayed copy on the same queue, which carries everything along", async () => {
    world.app.system.chance = 0.5;
    await world.handle(down);
    expect(world.sent()).toEqual({
      target: "stock",
      messageId: "ord_1.v1-inventory:a2",
      subject: "order.placed.v1",
      correlationId: "ord_1",
      body: BODY,
      notBeforeMs: world.app.system.now() + 10 * SECOND,
      properties: {
        "x-hop": 2,
        "x-attempt": 2,
        "x-original-message-id": "ord_1.v1-inventory",
        "x-first-enqueued-at": new Date(world.app.system.now()).toISOString(),
        "x-subject": "order.placed.v1",
        traceparent: TRACE,
        "x-previous-attempt": expect.stringContaining(TRACE.slice(0, 36)),
      },
    });
  });

  test("of a copy becomes the next copy, of the same first message", async () => {
    const began = world.app.system.now();
    await world.handle(down);
    const [first = world.sent()] = world.anHourLater();
    await world.handle(down, world.metadataOf(first), first.body);
    expect(world.anHourLater()).toMatchObject([
      {
        messageId: "ord_1.v1-inventory:a3",
        properties: {
          "x-hop": 3,
          "x-attempt": 3,
          "x-first-enqueued-at": new Date(began).toISOString(),
          "x-subject": "order.placed.v1",
        },
      },
    ]);
  });

  test("is parked when its budget is used up, counted from the first message, after a last try at the deadline", async () => {
    const began = world.app.system.now();
    const tries: number[] = [];
    const parked = await world.untilParked((call) => {
      tries.push(world.app.system.now() - began);
      return down(call);
    });
    expect(tries.at(-1)).toBe(24 * HOUR);
    expect(parked.properties).toMatchObject({ failureReason: "BudgetExhausted", attempts: tries.length });
  });

  test("a decision of the work itself is carried out in the same way", async () => {
    await world.handle(() => Promise.resolve({ kind: "retry", atMs: 4711 }));
    expect(world.sent()).toMatchObject({ messageId: "ord_1.v1-inventory:a2", notBeforeMs: 4711 });
  });
});

describe("a crash between the copy and the return", () => {
  test.each([
    ["a delayed copy", down, "ord_1.v1-inventory:a2"],
    ["a parked copy", refused, "ord_1.v1-inventory:a1:parked"],
  ])("repeats %s under the same id, so that one arrives", async (_what, run, messageId) => {
    await world.handle(run);
    world.app.system.advance(70 * SECOND);
    world.app.system.chance = 0.9;
    await world.handle(run, world.metadata({ deliveryCount: 2 }));
    expect(world.sent().messageId).toBe(messageId);
  });

  test("is known to the work, which asks before it does anything again", async () => {
    const redelivered: boolean[] = [];
    for (const deliveryCount of [1, 2]) {
      await world.handle(({ facts }) => {
        redelivered.push(facts.redelivered);
        return Promise.resolve(DONE);
      }, world.metadata({ deliveryCount }));
    }
    expect(redelivered).toEqual([false, true]);
  });

  test("when the copy cannot be sent, the message goes back to the queue: nothing is lost", async () => {
    world.app.bus.breakDown("stock");
    await expect(world.handle(down)).rejects.toThrow("stock cannot be reached");
    await expect(world.handle(refused)).rejects.toThrow("stock cannot be reached");
  });
});

describe("a failure that will not pass", () => {
  test("is parked at once, with what operators need to know", async () => {
    await world.handle(refused);
    expect(world.sent()).toMatchObject({
      target: "stock",
      messageId: "ord_1.v1-inventory:a1:parked",
      subject: "order.placed.v1",
      body: BODY,
      properties: {
        parked: true,
        failureReason: "MailRefused",
        failureDescription: "no such address",
        failedAt: new Date(world.app.system.now()).toISOString(),
        attempts: 1,
        orderId: "ord_1",
        "x-original-message-id": "ord_1.v1-inventory",
      },
    });
    expect(world.sent()).not.toHaveProperty("notBeforeMs");
    expect(world.app.log.events("warn")).toEqual(["message.parked"]);
  });

  test("a description of any length fits", async () => {
    await world.handle(failing(new PermanentFault("MailRefused", "x".repeat(100_000))));
    expect(String(world.sent().properties?.["failureDescription"])).toHaveLength(1000);
  });

  test.each([true, "true"])(
    "the parked copy (%j) is never worked on: it throws, so that the broker puts it into the dead-letter queue",
    async (parked) => {
      await world.handle(refused);
      const copy = world.sent();
      const properties = { ...copy.properties, parked };
      const work = () => Promise.reject(new Error("worked on a parked message"));
      const given = world.metadataOf({ ...copy, properties });
      await expect(world.handle(work, given)).rejects.toMatchObject({ name: "ParkedMessage" });
      expect(world.app.bus.arrived).toEqual([copy]);
    },
  );

  test("a message that no schema knows is parked without being worked on", async () => {
    const work = () => Promise.reject(new Error("worked on an invalid message"));
    for (const body of [null, "text", { orderId: 7 }, {}]) {
      world = openMessageWorld();
      await world.handle(work, world.metadata(), body);
      expect(world.sent()).toMatchObject({ properties: { parked: true, failureReason: "InvalidMessage" } });
    }
  });
});

test("a message of the next version, with members that this one does not know, is worked on", async () => {
  let seen: unknown;
  const work: Run = ({ message }) => {
    seen = message;
    return Promise.resolve(DONE);
  };
  await world.handle(work, world.metadata(), { ...BODY, extra: 1 });
  expect([seen, world.app.bus.arrived]).toMatchObject([BODY, []]);
});

describe("the mark of work that has stopped", () => {
  test("waits for a store that is away: the message comes again later, and nothing is parked unsaid", async () => {
    const unmarked = () => Promise.reject(new TransientFault("no store"));
    await world.handle(refused, world.metadata(), BODY, unmarked);
    expect(world.sent()).toMatchObject({
      messageId: "ord_1.v1-inventory:a2",
      properties: { "x-hop": 2, "x-attempt": 1 },
      notBeforeMs: world.app.system.now() + 900 * SECOND,
    });
  });

  test("that cannot be made at all keeps no message from being parked with its reason", async () => {
    await world.handle(refused, world.metadata(), BODY, failing(new TypeError("no order any more")));
    expect(world.sent()).toMatchObject({ properties: { parked: true, failureReason: "MailRefused" } });
    expect(world.app.log.events("error")).toEqual(["message.not-marked"]);
  });
});

describe("a bug", () => {
  test("is tried five times, logged each time with where it happened, and parked", async () => {
    const parked = await world.untilParked(failing(new TypeError("x is not a function")));
    expect(parked).toMatchObject({
      messageId: "ord_1.v1-inventory:a5:parked",
      properties: { failureReason: "Bug", failureDescription: "x is not a function", attempts: 5 },
    });
    expect(world.app.log.events("error")).toEqual(Array.from({ length: 5 }, () => "message.bug"));
    expect(String(world.app.log.lines[0]?.facts["error"])).toContain("message.test.ts");
  });
});
