import { expect, test } from "vitest";
import { authorisationOf, takeStep, type PaymentState } from "#local/partners/payments/payment-state.ts";

test.for([
  ["authorised", "capture", "taken", "captured"],
  ["authorised", "void", "taken", "voided"],
  ["authorised", "refund", "illegal", "authorised"],
  ["captured", "capture", "repeated", "captured"],
  ["captured", "void", "illegal", "captured"],
  ["captured", "refund", "taken", "refunded"],
  ["refunded", "capture", "repeated", "refunded"],
  ["refunded", "void", "illegal", "refunded"],
  ["refunded", "refund", "repeated", "refunded"],
  ["voided", "capture", "illegal", "voided"],
  ["voided", "void", "repeated", "voided"],
  ["voided", "refund", "illegal", "voided"],
  ["declined", "capture", "illegal", "declined"],
  ["declined", "void", "illegal", "declined"],
  ["declined", "refund", "illegal", "declined"],
] as const)("%s, then %s: %s, and the payment is %s", ([from, step, kind, state]) => {
  expect(takeStep(from satisfies PaymentState, step)).toEqual({ kind, state });
});

test("only the token made for it is declined", () => {
  expect(authorisationOf("tok_declined")).toBe("declined");
  expect(authorisationOf("tok_visa")).toBe("authorised");
  expect(authorisationOf("anything")).toBe("authorised");
});
