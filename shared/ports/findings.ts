import type { Finding } from "#shared/contracts/finding.ts";

/** What the reconciler found and nobody has set right. Throws TransientFault; repeating a call is safe. */
export interface Findings {
  /** All that are open, the oldest first. */
  open(): Promise<Finding[]>;
  /** Writes a finding, new or seen again. One document, durable when it resolves. */
  put(finding: Finding): Promise<void>;
  /** The records agree again. Removing what is not there does nothing. */
  remove(id: string): Promise<void>;
}
