import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Mail, Mailer } from "#shared/ports/mailer.ts";
import { RETRY_AFTER_SECONDS, type Trouble } from "../fakes/trouble.ts";

export interface ArrivedMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly to: string;
  readonly template: string | null;
}

export interface MailerWorld {
  readonly mailer: Mailer;
  /** False for a provider that can't be asked, and sends a repeated mail again. */
  readonly keepsOperations: boolean;
  /** False for a provider that says "later" without saying when. */
  readonly saysWhen: boolean;
  /** An address that is refused. */
  readonly refusedAddress: string;
  /** What arrived for an order. */
  inbox(orderId: string): Promise<readonly ArrivedMail[]>;
  /** Befalls the next call. */
  trouble(trouble: Trouble): Promise<void>;
  stop(): Promise<void>;
}

export function aMail(changes: Partial<Mail> = {}): Mail {
  const orderId = `order-${randomUUID()}`;
  return {
    operationId: randomUUID(),
    from: "shop@brand.example",
    to: { address: "sam@example.com", name: "Sam Field" },
    subject: "Your order — we have it ☕",
    text: "Hello Sam,\nwe have your order.\n",
    html: "<p>Hello Sam, we have your <b>order</b> — ☕.</p>",
    headers: {
      "X-Expedite-Order": orderId,
      "X-Expedite-Template": "order-received",
      "X-Expedite-Delivery": `delivery-${randomUUID()}`,
    },
    ...changes,
  };
}

/** What every mail provider behind the port promises. */
export function testMailer(name: string, start: () => Promise<MailerWorld>): void {
  describe(`mailer: ${name}`, () => {
    let world: MailerWorld;
    beforeAll(async () => {
      world = await start();
    });
    afterAll(() => world.stop());
    const arrived = (mail: Mail): Promise<readonly ArrivedMail[]> =>
      world.inbox(mail.headers["X-Expedite-Order"]);

    test("a mail arrives as it was written", async () => {
      const mail = aMail();
      await world.mailer.send(mail);
      const [first, ...more] = await arrived(mail);
      expect(more).toEqual([]);
      expect(first).toMatchObject({
        to: mail.to.address,
        subject: mail.subject,
        html: mail.html,
        template: mail.headers["X-Expedite-Template"],
      });
      expect(first?.text.replaceAll("\r\n", "\n").trim()).toBe(mail.text.trim());
    });

    test("an operation that was never begun has no outcome", async () => {
      expect(await world.mailer.outcome(randomUUID())).toBe("unknown");
    });

    test("sending the same operation again sends no second mail, where operations are kept", async () => {
      const mail = aMail();
      await world.mailer.send(mail);
      await Promise.all([world.mailer.send(mail), world.mailer.send(mail)]);
      expect(await arrived(mail)).toHaveLength(world.keepsOperations ? 1 : 3);
    });

    test("a mail that was taken is under way or sent, where operations are kept", async () => {
      const mail = aMail();
      await world.mailer.send(mail);
      const known = world.keepsOperations ? ["under-way", "sent"] : ["unknown"];
      expect(known).toContain(await world.mailer.outcome(mail.operationId));
    });

    test("an address that is refused is a permanent fault", async () => {
      const mail = aMail({ to: { address: world.refusedAddress, name: "Sam" } });
      await expect(world.mailer.send(mail)).rejects.toMatchObject({
        name: "PermanentFault",
        reason: "MailRefused",
      });
      expect(await arrived(mail)).toEqual([]);
    });

    test("a provider that is down is a transient fault, and nothing was sent", async () => {
      const mail = aMail();
      await world.trouble("down");
      await expect(world.mailer.send(mail)).rejects.toMatchObject({
        name: "TransientFault",
        unknownOutcome: false,
      });
      expect(await arrived(mail)).toEqual([]);
    });

    test("a provider that is throttled says when to come back, if it says so at all", async () => {
      await world.trouble("throttled");
      await expect(world.mailer.send(aMail())).rejects.toMatchObject({
        name: "TransientFault",
        retryAfterMs: world.saysWhen ? RETRY_AFTER_SECONDS * 1_000 : undefined,
        unknownOutcome: false,
      });
    });

    test("a lost answer is an unknown outcome, and nothing is sent twice behind our back", async () => {
      const mail = aMail();
      // A connection that was used before must not be mistaken for one that was closed while idle.
      await world.mailer.send(aMail());
      await world.trouble("answer-lost");
      await expect(world.mailer.send(mail)).rejects.toMatchObject({
        name: "TransientFault",
        unknownOutcome: true,
      });
      expect(await arrived(mail)).toHaveLength(1);
      const known = world.keepsOperations ? ["under-way", "sent"] : ["unknown"];
      expect(known).toContain(await world.mailer.outcome(mail.operationId));
    });
  });
}
