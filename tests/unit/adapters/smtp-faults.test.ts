import { expect, test } from "vitest";
import { smtpFault } from "#shared/adapters/mail/smtp-faults.ts";

const failure = (facts: Record<string, unknown>): Error => Object.assign(new Error("failed"), facts);

test.for([421, 450, 451, 452, 454, 503, 530, 534, 535])("reply %i is tried again later", (responseCode) => {
  expect(smtpFault(failure({ code: "EMESSAGE", responseCode }))).toMatchObject({
    name: "TransientFault",
    unknownOutcome: false,
  });
});

test.for([500, 550, 551, 552, 553, 554])("reply %i is permanent", (responseCode) => {
  expect(smtpFault(failure({ code: "EENVELOPE", responseCode, command: "RCPT TO" }))).toMatchObject({
    name: "PermanentFault",
    reason: "MailRefused",
    message: `Mail server answered ${responseCode} to RCPT TO`,
  });
});

test.for([
  { code: "EDNS" },
  { code: "ESOCKET", syscall: "connect" },
  { code: "ETIMEDOUT", timeoutType: "CONNECT_TIMEOUT" },
  { code: "ETIMEDOUT", timeoutType: "GREETING_TIMEOUT" },
  { code: "ETLS" },
])("%j means that no mail was read", (facts) => {
  expect(smtpFault(failure(facts))).toMatchObject({ name: "TransientFault", unknownOutcome: false });
});

test.for([
  { code: "ECONNECTION" },
  { code: "ESOCKET", syscall: "read" },
  { code: "ETIMEDOUT", timeoutType: "SOCKET_TIMEOUT" },
  { code: "EABORT" },
])("%j means that the mail may have been read", (facts) => {
  expect(smtpFault(failure(facts))).toMatchObject({ name: "TransientFault", unknownOutcome: true });
});

test("what isn't known is passed on as the bug that it is", () => {
  const bug = new TypeError("undefined is not a function");
  expect(smtpFault(bug)).toBe(bug);
});
