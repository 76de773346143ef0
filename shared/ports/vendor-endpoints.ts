/** When and why an endpoint was disabled. */
export interface DisabledEndpoint {
  readonly since: string;
  readonly reason: string;
}

/** Webhooks that want no more notices. */
export interface VendorEndpoints {
  /**
   * Disables a vendor's webhook, if it still has this URL: one atomic write. May run twice and in parallel; the first one
   * stands. Answers what stands, undefined when the vendor has another endpoint by now. Throws TransientFault when the
   * store cannot answer.
   */
  disable(vendorId: string, url: string, why: DisabledEndpoint): Promise<DisabledEndpoint | undefined>;
}
