import { PermanentFault } from "#shared/ports/faults.ts";
import type { Mail, Mailer } from "#shared/ports/mailer.ts";
import { createTroubles, type Trouble } from "./trouble.ts";

export interface MemoryMailer extends Mailer {
  /** What arrived, in order. */
  readonly inbox: readonly Mail[];
  trouble(trouble: Trouble): void;
}

/** A mail provider in memory that keeps operations. An address without an at sign is refused. */
export function createMemoryMailer(): MemoryMailer {
  const sent = new Map<string, Mail>();
  const inbox: Mail[] = [];
  const troubles = createTroubles();
  return {
    provider: "memory",
    keepsOperations: true,
    inbox,
    trouble: (trouble) => troubles.next(trouble),
    send: (mail) =>
      troubles.around(() => {
        if (!mail.to.address.includes("@")) throw new PermanentFault("MailRefused", "Not an address");
        if (sent.has(mail.operationId)) return;
        sent.set(mail.operationId, mail);
        inbox.push(mail);
      }),
    outcome: (operationId) => troubles.around(() => (sent.has(operationId) ? "sent" : "unknown")),
  };
}
