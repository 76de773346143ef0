import type { Money } from "#shared/contracts/money.ts";

export interface PaymentRequest {
  /** Names this payment for ever. The same key never charges twice, however often and from wherever it is used. */
  readonly key: string;
  readonly orderId: string;
  readonly amount: Money;
  /** The storefront's one-time token for the customer's card; never card data. */
  readonly token: string;
}

/** Where a payment stands at the provider. */
export type PaymentState = "authorised" | "captured" | "declined" | "voided" | "refunded";

/**
 * The payment provider. Every call is idempotent by `key`: a repeat answers what the first call did.
 * Throws TransientFault (with `unknownOutcome` when the call may have counted) and PermanentFault.
 */
export interface Payments {
  /** Asks before anything is tried again; undefined when the provider has never heard of the key. */
  find(key: string): Promise<PaymentState | undefined>;
  /** Answers the state that the key has now: a repeat after the capture answers `captured`. */
  authorise(request: PaymentRequest): Promise<PaymentState>;
  /** Takes the authorised money. */
  capture(key: string, orderId: string): Promise<PaymentState>;
  /** Gives up an authorisation that was not captured. */
  void(key: string, orderId: string): Promise<PaymentState>;
  /** Returns all captured money. */
  refund(key: string, orderId: string): Promise<PaymentState>;
}
