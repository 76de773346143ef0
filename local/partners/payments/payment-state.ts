/**
 * The life of one payment, named by its key:
 *
 *     (none) ─authorise─► authorised ─capture─► captured ─refund─► refunded
 *                      └► declined  └─void──► voided
 *
 * A repeat of a step that was taken answers the present state and does nothing.
 */
export const PAYMENT_STATES = ["authorised", "captured", "declined", "voided", "refunded"] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];
export type PaymentStep = "capture" | "void" | "refund";

export type StepResult =
  | { readonly kind: "taken"; readonly state: PaymentState }
  | { readonly kind: "repeated"; readonly state: PaymentState }
  | { readonly kind: "illegal"; readonly state: PaymentState };

const steps: Readonly<Record<PaymentStep, { from: PaymentState; to: PaymentState; past: PaymentState[] }>> = {
  capture: { from: "authorised", to: "captured", past: ["captured", "refunded"] },
  void: { from: "authorised", to: "voided", past: ["voided"] },
  refund: { from: "captured", to: "refunded", past: ["refunded"] },
};

/** Decides one step of a payment that exists. Pure. */
export function takeStep(state: PaymentState, step: PaymentStep): StepResult {
  const { from, to, past } = steps[step];
  if (state === from) return { kind: "taken", state: to };
  return past.includes(state) ? { kind: "repeated", state } : { kind: "illegal", state };
}

/** What the issuing bank says to a test token. Tokens that nobody knows are fine, as `tok_visa` is. */
export function authorisationOf(token: string): "authorised" | "declined" {
  return token === "tok_declined" ? "declined" : "authorised";
}
