import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { createAcsMailer } from "#shared/adapters/mail/acs-mailer.ts";
import { aMail } from "../../contract/mailer.contract.ts";
import { modeFor } from "../../contract/partner-trouble.ts";
import { usePartners } from "./world.ts";

const suppressed = { address: "sam@suppressed.example", name: "Sam" };

test("a mail takes one call, although the client would make two", async () => {
  const partners = await usePartners();
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  await mailer.send(aMail());
  await mailer.send(aMail());
  expect((await partners.ledger("mail")).map(({ outcome }) => outcome)).toEqual(["accepted", "accepted"]);
});

test("an operation is under way, then sent", async () => {
  const clock = createHandClock();
  const partners = await usePartners({ clock });
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  const mail = aMail();
  await mailer.send(mail);
  expect(await mailer.outcome(mail.operationId)).toBe("under-way");
  await clock.advance(1_000);
  expect(await mailer.outcome(mail.operationId)).toBe("sent");
});

test("an operation that failed says so, and sending it again is a permanent fault", async () => {
  const clock = createHandClock();
  const partners = await usePartners({ clock });
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  const mail = aMail({ to: suppressed });
  await mailer.send(mail);
  await clock.advance(1_000);
  expect(await mailer.outcome(mail.operationId)).toBe("failed");
  await expect(mailer.send(mail)).rejects.toMatchObject({
    name: "PermanentFault",
    reason: "MailFailed",
    message: expect.stringContaining("EmailDroppedAllRecipientsSuppressed"),
  });
});

test("the client makes no retries of its own: every attempt is ours to decide", async () => {
  const partners = await usePartners();
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  for (const trouble of ["down", "throttled", "answer-lost"] as const) {
    await partners.setMode("mail", modeFor(trouble));
    await expect(mailer.send(aMail())).rejects.toMatchObject({ name: "TransientFault" });
  }
  expect(await partners.ledger("mail")).toHaveLength(3);
});

test("a wrong key is no fault of the mail: it is tried again later", async () => {
  const partners = await usePartners();
  const connectionString = `endpoint=${partners.url}/;accesskey=${btoa("wrong")}`;
  const mailer = createAcsMailer({ connectionString });
  await expect(mailer.send(aMail())).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: false });
});

test("a provider that is silent is given up after the time-out, with an unknown outcome", async () => {
  const partners = await usePartners();
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString, timeoutMs: 200 });
  await partners.setMode("mail", { mode: "slow", delayMs: 60_000 });
  await expect(mailer.send(aMail())).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: true,
    message: expect.stringContaining("200 ms"),
  });
});

test("a provider that is not there is a transient fault, and nothing was sent", async () => {
  const partners = await usePartners();
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  await partners.stopOnly();
  await expect(mailer.send(aMail())).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: false });
});

test("asking for an outcome can fail as well", async () => {
  const partners = await usePartners();
  const mailer = createAcsMailer({ connectionString: partners.mailConnectionString });
  await partners.setMode("mail", modeFor("throttled"));
  await expect(mailer.outcome(aMail().operationId)).rejects.toMatchObject({ retryAfterMs: 7_000 });
});
