import { expect, test } from "vitest";
import { faultOfStatus, retryAfterMs } from "#shared/adapters/http/faults.ts";

const NOW = Date.UTC(2026, 0, 1);

test.for([
  ["12", 12_000],
  ["0", 0],
  ["1.5", 1_500],
  ["Thu, 01 Jan 2026 00:01:00 GMT", 60_000],
  ["Wed, 31 Dec 2025 23:59:00 GMT", 0],
  ["-1", undefined],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
] as const)("Retry-After '%s' is %s ms", ([header, expected]) => {
  expect(retryAfterMs(header, NOW)).toBe(expected);
});

test.for([
  [408, "transient"],
  [425, "transient"],
  [500, "transient"],
  [501, "transient"],
  [502, "transient"],
  [503, "transient"],
  [504, "transient"],
  [429, "throttled"],
  [401, "dependency-down"],
  [403, "dependency-down"],
  [404, "dependency-down"],
  [301, "dependency-down"],
  [308, "dependency-down"],
] as const)("%i is tried again later: %s", ([status, kind]) => {
  expect(faultOfStatus({ partner: "Mail", status })).toMatchObject({ name: "TransientFault", kind });
});

test("503 that says for how long asks everybody to wait", () => {
  const busy = { partner: "Mail", status: 503, retryAfterMs: 1000 };
  expect(faultOfStatus(busy)).toMatchObject({ kind: "throttled", retryAfterMs: 1000 });
});

test("404 with the partner's own code is about what was asked for, not about the address", () => {
  expect(faultOfStatus({ partner: "Mail", status: 404, code: "DomainNotLinked" })).toMatchObject({
    name: "PermanentFault",
    reason: "MailRefused",
  });
});

test.for([500, 502, 504])("%i may have counted", (status) => {
  expect(faultOfStatus({ partner: "Mail", status })).toMatchObject({ unknownOutcome: true });
});

test.for([401, 403, 408, 425, 429, 503])("%i has not counted", (status) => {
  expect(faultOfStatus({ partner: "Mail", status })).toMatchObject({ unknownOutcome: false });
});

test.for([
  [400, "MailRefused"],
  [405, "MailRefused"],
  [409, "MailRefused"],
  [413, "MailRefused"],
  [415, "MailRefused"],
  [422, "MailRefused"],
] as const)("%i is permanent: %s", ([status, reason]) => {
  expect(faultOfStatus({ partner: "Mail", status })).toMatchObject({ name: "PermanentFault", reason });
});

test("the partner's own code is in the description", () => {
  const { message } = faultOfStatus({ partner: "Mail", status: 400, code: "InvalidEmailAddress" });
  expect(message).toBe("Mail answered 400 InvalidEmailAddress");
});
