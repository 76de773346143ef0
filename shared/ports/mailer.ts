export interface Mail {
  /** A UUID derived from the delivery: sending again with it is the same operation at the provider. */
  readonly operationId: string;
  readonly from: string;
  readonly to: { readonly address: string; readonly name: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Carried as mail headers, so that what arrives can be told apart by machines. */
  readonly headers: {
    readonly "X-Expedite-Order": string;
    readonly "X-Expedite-Template": string;
    readonly "X-Expedite-Delivery": string;
  };
}

/** What the provider knows of an operation. */
export type MailOutcome = "unknown" | "under-way" | "sent" | "failed";

/**
 * Hands mails to a provider. Throws TransientFault (with `retryAfterMs` on 429) and PermanentFault
 * (address refused, request refused).
 */
export interface Mailer {
  /** Names the provider in its circuit: `mail:<provider>`. */
  readonly provider: string;
  /** `outcome` knows of every mail that was taken, so that a mail it has never heard of may be sent again. */
  readonly keepsOperations: boolean;
  /** Resolves once the provider has taken responsibility for the mail. */
  send(mail: Mail): Promise<void>;
  /**
   * Asked before a mail whose outcome is not known is sent again. A provider that keeps no operations
   * answers "unknown".
   */
  outcome(operationId: string): Promise<MailOutcome>;
}
