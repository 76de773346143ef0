export interface WebhookRequest {
  readonly url: string;
  /** The same on every attempt, so that the receiver can recognise a repeat. */
  readonly id: string;
  readonly body: string;
  /** Standard Webhooks secret, `whsec_` and base64. */
  readonly secret: string;
}

/**
 * Posts one signed webhook (Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`).
 * Resolves on 2xx. Throws TransientFault (with `unknownOutcome` when no answer came after the request went out)
 * and PermanentFault (410, refused address, unusable URL). Redirects are not followed.
 */
export interface WebhookSender {
  post(request: WebhookRequest): Promise<void>;
}
