import { z } from "zod";

const LedgerPage = z.object({
  entries: z.array(
    z.looseObject({
      seq: z.int(),
      at: z.string(),
      orderId: z.string().nullish(),
      kind: z.string(),
      key: z.string().nullish(),
      outcome: z.string(),
      effect: z.boolean(),
      vendorId: z.string().nullish(),
      to: z.string().nullish(),
    }),
  ),
});
export type LedgerEntry = z.infer<typeof LedgerPage>["entries"][number];

export const partnerNames = ["payments", "mail", "webhooks"] as const;
export type PartnerName = (typeof partnerNames)[number];

/** What really arrived at a partner, after the entry with the given number. */
export async function readLedger(
  partnersUrl: string,
  partner: PartnerName,
  after = 0,
): Promise<LedgerEntry[]> {
  const response = await fetch(`${partnersUrl}/${partner}/ledger?after=${after}`);
  if (!response.ok) throw new Error(`The ledger of ${partner} answered ${response.status}`);
  return LedgerPage.parse(await response.json()).entries;
}

const LOOK_EVERY_MS = 250;

/** Waits for a partner that is being restarted. */
async function lastSeqOf(partnersUrl: string, partner: PartnerName): Promise<number> {
  for (;;) {
    try {
      return (await readLedger(partnersUrl, partner)).at(-1)?.seq ?? 0;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** Calls back for everything that arrives at the partners from now on, until stopped. */
export async function followLedgers(
  partnersUrl: string,
  onEntry: (partner: PartnerName, entry: LedgerEntry) => void,
): Promise<{ stop(): void }> {
  const seen = new Map<PartnerName, number>();
  for (const partner of partnerNames) seen.set(partner, await lastSeqOf(partnersUrl, partner));
  const look = async (): Promise<void> => {
    for (const partner of partnerNames) {
      const entries = await readLedger(partnersUrl, partner, seen.get(partner));
      for (const entry of entries) {
        seen.set(partner, entry.seq);
        onEntry(partner, entry);
      }
    }
  };
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    // A partner that restarts answers again at the next look.
    void look()
      .catch(() => undefined)
      .finally(() => (looking = false));
  }, LOOK_EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** One line that says in plain words what happened to an order. */
export function lineFor(partner: PartnerName, entry: LedgerEntry): string {
  const clock = entry.at.slice(11, 19);
  const who =
    partner === "webhooks" ? ` ${entry.vendorId ?? ""}` : partner === "mail" ? ` to ${entry.to ?? ""}` : "";
  const repeat = entry.effect ? "" : "  (no effect)";
  return `  ${clock}  ${entry.orderId ?? "-"}  ${partner.padEnd(8)}  ${entry.kind}${who}: ${entry.outcome}${repeat}`;
}
