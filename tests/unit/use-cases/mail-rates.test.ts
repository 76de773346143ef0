import { expect, test } from "vitest";
import { createAcsMailer } from "#shared/adapters/mail/acs-mailer.ts";
import { createSmtpMailer } from "#shared/adapters/mail/smtp-mailer.ts";
import { mailCircuit, mailRates } from "#shared/use-cases/notify/send-mail.ts";

test("the mail provider's limit holds in every process, also in those that send no mails and are not told which one it is", () => {
  const mailers = [
    createAcsMailer({ endpoint: "https://mail.example" }),
    createSmtpMailer({ url: "smtp://mail.example" }),
  ];
  for (const mailer of mailers) expect(mailRates(60)[mailCircuit(mailer)]).toBe(60);
});

test("without a limit there is none", () => {
  expect(mailRates(undefined)).toEqual({});
});
