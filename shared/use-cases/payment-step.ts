import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Payments, PaymentState } from "#shared/ports/payments.ts";

/**
 * Takes a step of a payment that somebody else may be moving at the same moment: a charge and a cancellation meet.
 * A provider refuses the step that comes too late; then the state that the payment has by now is answered, and the
 * caller decides anew. Never answers the state that the payment had before.
 */
export async function takeStep(
  payments: Payments,
  payment: { readonly key: string; readonly orderId: string; readonly state: PaymentState },
  step: "capture" | "void" | "refund",
): Promise<PaymentState> {
  const { key, orderId, state } = payment;
  try {
    const next = await payments[step](key, orderId);
    if (next !== state) return next;
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    const now = await payments.find(key);
    if (now === undefined || now === state) throw error;
    return now;
  }
  throw new TransientFault(`The payment of order ${orderId} is still ${state} after a ${step}`);
}
