import { PermanentFault } from "#shared/ports/faults.ts";
import type { PaymentRequest, Payments, PaymentState } from "#shared/ports/payments.ts";
import { createTroubles, type Trouble } from "./trouble.ts";

export interface MemoryPayments extends Payments {
  /** Every step that counted, in order. */
  readonly effects: readonly { readonly orderId: string; readonly step: string }[];
  trouble(trouble: Trouble): void;
}

const STEPS: Readonly<Record<string, { from: PaymentState; to: PaymentState; past: PaymentState[] }>> = {
  capture: { from: "authorised", to: "captured", past: ["captured", "refunded"] },
  void: { from: "authorised", to: "voided", past: ["voided"] },
  refund: { from: "captured", to: "refunded", past: ["refunded"] },
};

/** A payment provider in memory; `tok_declined` is declined. */
export function createMemoryPayments(): MemoryPayments {
  const payments = new Map<string, { request: PaymentRequest; state: PaymentState }>();
  const effects: { orderId: string; step: string }[] = [];
  const troubles = createTroubles();

  const authorise = (request: PaymentRequest): PaymentState => {
    const known = payments.get(request.key);
    if (known === undefined) {
      const state = request.token === "tok_declined" ? "declined" : "authorised";
      payments.set(request.key, { request, state });
      if (state === "authorised") effects.push({ orderId: request.orderId, step: "authorise" });
      return state;
    }
    const { amount, orderId } = known.request;
    const same = orderId === request.orderId && amount.amountMinor === request.amount.amountMinor;
    if (!same || amount.currency !== request.amount.currency) {
      throw new PermanentFault("PaymentsRefused", "The key names another payment");
    }
    return known.state;
  };

  const take = (name: string, key: string, orderId: string): PaymentState => {
    const payment = payments.get(key);
    const step = STEPS[name];
    if (payment === undefined || step === undefined || payment.request.orderId !== orderId) {
      throw new PermanentFault("PaymentsRefused", "There is no such payment");
    }
    if (payment.state === step.from) {
      payment.state = step.to;
      effects.push({ orderId, step: name });
    } else if (!step.past.includes(payment.state)) {
      throw new PermanentFault("PaymentsRefused", `A payment that is ${payment.state} takes no ${name}`);
    }
    return payment.state;
  };

  return {
    effects,
    trouble: (trouble) => troubles.next(trouble),
    find: (key) => troubles.around(() => payments.get(key)?.state),
    authorise: (request) => troubles.around(() => authorise(request)),
    capture: (key, orderId) => troubles.around(() => take("capture", key, orderId)),
    void: (key, orderId) => troubles.around(() => take("void", key, orderId)),
    refund: (key, orderId) => troubles.around(() => take("refund", key, orderId)),
  };
}
