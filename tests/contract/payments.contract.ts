import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PaymentRequest, Payments } from "#shared/ports/payments.ts";
import { RETRY_AFTER_SECONDS, type Trouble } from "../fakes/trouble.ts";

export interface PaymentsWorld {
  readonly payments: Payments;
  /** The steps that counted for an order, in order: `authorise`, `capture`, `void`, `refund`. */
  steps(orderId: string): Promise<readonly string[]>;
  /** Befalls the next call. */
  trouble(trouble: Trouble): Promise<void>;
  stop(): Promise<void>;
}

const aRequest = (token = "tok_visa"): PaymentRequest => ({
  key: randomUUID(),
  orderId: `order-${randomUUID()}`,
  amount: { amountMinor: 1_250, currency: "AUD" },
  token,
});

/** What every payment provider behind the port promises. */
export function testPayments(name: string, start: () => Promise<PaymentsWorld>): void {
  describe(`payments: ${name}`, () => {
    let world: PaymentsWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());

    const captured = async (): Promise<PaymentRequest> => {
      const request = aRequest();
      await world.payments.authorise(request);
      await world.payments.capture(request.key, request.orderId);
      return request;
    };

    test("an authorised payment is captured and found as captured", async () => {
      const request = aRequest();
      expect(await world.payments.authorise(request)).toBe("authorised");
      expect(await world.payments.capture(request.key, request.orderId)).toBe("captured");
      expect(await world.payments.find(request.key)).toBe("captured");
      expect(await world.steps(request.orderId)).toEqual(["authorise", "capture"]);
    });

    test("a key that was never used is found to be nothing", async () => {
      expect(await world.payments.find(randomUUID())).toBeUndefined();
    });

    test("a key may hold what has a meaning in URLs", async () => {
      const request = { ...aRequest(), key: `brand/1?a=b&c#d%20:${randomUUID()}` };
      await world.payments.authorise(request);
      expect(await world.payments.find(request.key)).toBe("authorised");
    });

    test("authorising again after the capture answers captured and charges nothing", async () => {
      const request = await captured();
      expect(await world.payments.authorise(request)).toBe("captured");
      expect(await world.steps(request.orderId)).toEqual(["authorise", "capture"]);
    });

    test("captures in parallel charge once", async () => {
      const request = aRequest();
      await world.payments.authorise(request);
      const { key, orderId } = request;
      const states = await Promise.all(Array.from({ length: 8 }, () => world.payments.capture(key, orderId)));
      expect(new Set(states)).toEqual(new Set(["captured"]));
      expect(await world.steps(orderId)).toEqual(["authorise", "capture"]);
    });

    test("a declined card is declined on every attempt and never charged", async () => {
      const request = aRequest("tok_declined");
      expect(await world.payments.authorise(request)).toBe("declined");
      expect(await world.payments.authorise(request)).toBe("declined");
      expect(await world.payments.find(request.key)).toBe("declined");
      await expect(world.payments.capture(request.key, request.orderId)).rejects.toMatchObject({
        name: "PermanentFault",
      });
      expect(await world.steps(request.orderId)).toEqual([]);
    });

    test("a voided authorisation can't be captured any more", async () => {
      const request = aRequest();
      const { key, orderId } = request;
      await world.payments.authorise(request);
      expect(await world.payments.void(key, orderId)).toBe("voided");
      expect(await world.payments.void(key, orderId)).toBe("voided");
      await expect(world.payments.capture(key, orderId)).rejects.toMatchObject({ name: "PermanentFault" });
      expect(await world.steps(orderId)).toEqual(["authorise", "void"]);
    });

    test("a refund gives the money back once, however often it is asked for", async () => {
      const { key, orderId } = await captured();
      expect(await world.payments.refund(key, orderId)).toBe("refunded");
      expect(await world.payments.refund(key, orderId)).toBe("refunded");
      expect(await world.payments.capture(key, orderId)).toBe("refunded");
      expect(await world.steps(orderId)).toEqual(["authorise", "capture", "refund"]);
    });

    test("what was not captured can't be refunded", async () => {
      const request = aRequest();
      await world.payments.authorise(request);
      await expect(world.payments.refund(request.key, request.orderId)).rejects.toMatchObject({
        name: "PermanentFault",
      });
    });

    test("a step of a payment that does not exist is refused for good", async () => {
      await expect(world.payments.capture(randomUUID(), "order-1")).rejects.toMatchObject({
        name: "PermanentFault",
      });
    });

    test("a key can't be used for another amount", async () => {
      const request = aRequest();
      await world.payments.authorise(request);
      const other = { ...request, amount: { amountMinor: 1, currency: "AUD" } };
      await expect(world.payments.authorise(other)).rejects.toMatchObject({ name: "PermanentFault" });
    });

    test("a provider that is down is a transient fault, and nothing was done", async () => {
      const request = aRequest();
      await world.trouble("down");
      await expect(world.payments.authorise(request)).rejects.toMatchObject({
        name: "TransientFault",
        unknownOutcome: false,
      });
      expect(await world.payments.find(request.key)).toBeUndefined();
    });

    test("a provider that is throttled says when to come back", async () => {
      await world.trouble("throttled");
      await expect(world.payments.authorise(aRequest())).rejects.toMatchObject({
        name: "TransientFault",
        retryAfterMs: RETRY_AFTER_SECONDS * 1_000,
        unknownOutcome: false,
      });
    });

    test("a lost answer is an unknown outcome; the provider knows, and the repeat charges nothing", async () => {
      const request = aRequest();
      const { key, orderId } = request;
      await world.payments.authorise(request);
      await world.trouble("answer-lost");
      await expect(world.payments.capture(key, orderId)).rejects.toMatchObject({
        name: "TransientFault",
        unknownOutcome: true,
      });
      expect(await world.payments.find(key)).toBe("captured");
      expect(await world.payments.capture(key, orderId)).toBe("captured");
      expect(await world.steps(orderId)).toEqual(["authorise", "capture"]);
    });
  });
}
