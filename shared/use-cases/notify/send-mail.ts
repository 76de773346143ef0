import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Brand } from "#shared/contracts/directory.ts";
import { mailProviders } from "#shared/contracts/settings.ts";
import { operationIdFor } from "#shared/domain/ids.ts";
import { PermanentFault } from "#shared/ports/faults.ts";
import type { Mail, Mailer } from "#shared/ports/mailer.ts";
import type { Attempt } from "./attempt-delivery.ts";
import type { MessageAge } from "./hold.ts";

export interface SendMailDeps {
  readonly mailer: Mailer;
  /** How often a mail is sent again whose earlier attempts got no answer, where the provider cannot be asked. */
  readonly mailAmbiguousSends: number;
}

export interface MailToWrite {
  readonly brand: Brand;
  readonly to: Mail["to"];
  readonly content: Pick<Mail, "subject" | "text" | "html"> & { readonly template: string };
}

/**
 * An attempt to send one mail. Throws PermanentFault `OutcomeUnknown` when it may have arrived so often already that
 * another one would rather annoy than inform: an operator decides, and has it sent once more by sending the message again.
 */
export function mailAttempt(
  { mailer, mailAmbiguousSends }: SendMailDeps,
  delivery: Delivery,
  { hop }: MessageAge,
  { brand, to, content }: MailToWrite,
): Attempt {
  const unknownOutcomes = (delivery.unknownOutcomes ?? 0) + (delivery.state === "sending" ? 1 : 0);
  const isDecided = delivery.state === "parked" && hop > delivery.hop;
  if (!mailer.keepsOperations && unknownOutcomes > mailAmbiguousSends && !isDecided) {
    const description = `${unknownOutcomes} attempts ended without an answer, and ${mailer.provider} cannot be asked`;
    throw new PermanentFault("OutcomeUnknown", description);
  }
  const { template, subject, text, html } = content;
  const mail: Mail = {
    operationId: operationIdFor(delivery.id),
    from: brand.mailFrom,
    to,
    subject,
    text,
    html,
    headers: {
      "X-Expedite-Order": delivery.orderId,
      "X-Expedite-Template": template,
      "X-Expedite-Delivery": delivery.id,
    },
  };
  return { circuit: mailCircuit(mailer), tell: (repeated) => sendOnce(mailer, mail, repeated) };
}

export const mailCircuit = ({ provider }: Pick<Mailer, "provider">): string => `mail:${provider}`;

/**
 * What all instances may call a second, by circuit; nothing where no limit is set. For whichever provider there is: the one
 * that releases held mails sends none, and is not told which provider the others use.
 */
export const mailRates = (perSecond: number | undefined): Readonly<Record<string, number>> =>
  perSecond === undefined
    ? {}
    : Object.fromEntries(mailProviders.map((provider) => [mailCircuit({ provider }), perSecond]));

/** Asks the provider first where an earlier attempt may have got through. */
async function sendOnce(mailer: Mailer, mail: Mail, repeated: boolean): Promise<void> {
  if (repeated && mailer.keepsOperations) {
    const outcome = await mailer.outcome(mail.operationId);
    if (outcome === "sent" || outcome === "under-way") return;
  }
  await mailer.send(mail);
}
