import { once } from "node:events";
import { connect } from "node:net";
import { createTransport } from "nodemailer";
import { expect, onTestFinished, test } from "vitest";
import { createSmtpMailer } from "#shared/adapters/mail/smtp-mailer.ts";
import { aMail } from "../../contract/mailer.contract.ts";
import { KEYS, usePartners, type PartnersWorld } from "./world.ts";

function useMailer(partners: PartnersWorld): ReturnType<typeof createSmtpMailer> {
  const mailer = createSmtpMailer({ url: partners.smtpUrl, timeoutMs: 2_000 });
  onTestFinished(() => mailer.close());
  return mailer;
}

test("every mail that SMTP takes counts, and repeats are seen by their Message-ID", async () => {
  const partners = await usePartners();
  const mailer = useMailer(partners);
  const mail = aMail();
  await mailer.send(mail);
  await mailer.send(mail);
  const entries = await partners.ledger("mail");
  expect(entries).toHaveLength(2);
  for (const entry of entries) {
    expect(entry).toMatchObject({
      kind: mail.headers["X-Expedite-Template"],
      orderId: mail.headers["X-Expedite-Order"],
      key: `<${mail.operationId}@brand.example>`,
      to: mail.to.address,
      effect: true,
    });
  }
});

test.for([
  [{ mode: "down" }, "421"],
  [{ mode: "throttled" }, "450"],
  [{ mode: "flaky", failureRate: 1 }, "451"],
] as const)("the mode %j answers %s, and nothing was taken", async ([mode, reply]) => {
  const partners = await usePartners();
  const mailer = useMailer(partners);
  await partners.setMode("mail", { ...mode, count: 1 });
  await expect(mailer.send(aMail())).rejects.toMatchObject({
    name: "TransientFault",
    unknownOutcome: false,
    message: expect.stringContaining(reply),
  });
  await mailer.send(aMail());
  expect((await partners.ledger("mail")).map(({ effect }) => effect)).toEqual([false, true]);
});

test("whoever hangs up in the middle of a mail has sent none, and disturbs nobody", async () => {
  const partners = await usePartners();
  const { port } = new URL(partners.smtpUrl);
  const socket = connect(Number(port), "127.0.0.1");
  socket.setEncoding("utf8");
  for (const line of ["EHLO here", "MAIL FROM:<a@brand.example>", "RCPT TO:<b@example.com>", "DATA"]) {
    await once(socket, "data");
    socket.write(`${line}\r\n`);
  }
  await once(socket, "data");
  socket.write("Subject: half a mail\r\n\r\nDear");
  await new Promise<void>((resolve) => setImmediate(resolve));
  socket.resetAndDestroy();
  await useMailer(partners).send(aMail());
  expect((await partners.ledger("mail")).map(({ effect }) => effect)).toEqual([true]);
});

test("a server that is silent is given up after the time-out, with an unknown outcome", async () => {
  const partners = await usePartners();
  const mailer = createSmtpMailer({ url: partners.smtpUrl, timeoutMs: 200 });
  onTestFinished(() => mailer.close());
  await partners.setMode("mail", { mode: "slow", delayMs: 60_000 });
  await expect(mailer.send(aMail())).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: true });
});

test("a server that is not there is a transient fault, and nothing was sent", async () => {
  const partners = await usePartners();
  const mailer = useMailer(partners);
  await partners.stopOnly();
  await expect(mailer.send(aMail())).rejects.toMatchObject({ name: "TransientFault", unknownOutcome: false });
});

test("a client may log in, but only with the right password", async () => {
  const partners = await usePartners();
  const send = async (pass: string): Promise<unknown> => {
    const auth = { user: "shop", pass };
    const transport = createTransport({ host: "127.0.0.1", port: partners.smtpPort, auth });
    return transport.sendMail({ from: "a@b.example", to: "c@d.example", subject: "Hi", text: "Hi" });
  };
  await expect(send("wrong")).rejects.toMatchObject({ responseCode: 535 });
  await expect(send(KEYS.mail)).resolves.toMatchObject({ accepted: ["c@d.example"] });
});
