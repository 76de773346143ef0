import { type LedgerEntry, type PartnerName, partnerNames, readLedger } from "../ledger-lines.ts";
import { vendors } from "../seed/shop.ts";
import type { PlacedOrder } from "./storefront.ts";

export type Ledgers = Readonly<Record<PartnerName, readonly LedgerEntry[]>>;

export async function readLedgers(partnersUrl: string): Promise<Ledgers> {
  const read = await Promise.all(partnerNames.map((name) => readLedger(partnersUrl, name)));
  return { payments: read[0] ?? [], mail: read[1] ?? [], webhooks: read[2] ?? [] };
}

export interface Claim {
  readonly claim: string;
  readonly expected: string;
  readonly found: string;
  readonly holds: boolean;
}

const customerMails = ["order-received", "order-confirmed"] as const;
const byMail = new Set(vendors.filter(({ toldBy }) => toldBy === "email").map(({ id }) => id));

const vendorsOf = (order: PlacedOrder): string[] => [
  ...new Set(order.request.lines.map(({ vendorId }) => vendorId)),
];

/** How often each expected effect stands in the ledgers; `expected` lists every order (and kind, or vendor) once. */
function timesEach(
  entries: readonly LedgerEntry[],
  nameOf: (entry: LedgerEntry) => string,
  expected: readonly string[],
): number[] {
  const counts = new Map<string, number>();
  for (const entry of entries) {
    if (entry.effect) counts.set(nameOf(entry), (counts.get(nameOf(entry)) ?? 0) + 1);
  }
  return expected.map((name) => counts.get(name) ?? 0);
}

export const chargesPerOrder = (ledgers: Ledgers, orders: readonly PlacedOrder[]): number[] =>
  timesEach(
    ledgers.payments.filter(({ kind }) => kind === "capture"),
    ({ orderId }) => orderId ?? "",
    orders.map(({ id }) => id),
  );

export const mailsPerOrderAndKind = (ledgers: Ledgers, orders: readonly PlacedOrder[]): number[] =>
  timesEach(
    ledgers.mail,
    ({ orderId, kind }) => `${orderId} ${kind}`,
    orders.flatMap(({ id }) => customerMails.map((kind) => `${id} ${kind}`)),
  );

export function noticesPerOrderAndVendor(ledgers: Ledgers, orders: readonly PlacedOrder[]): number[] {
  const pairs = orders.flatMap((order) => vendorsOf(order).map((vendor) => ({ order: order.id, vendor })));
  const mailed = pairs.filter(({ vendor }) => byMail.has(vendor));
  const posted = pairs.filter(({ vendor }) => !byMail.has(vendor));
  return [
    ...timesEach(
      ledgers.webhooks,
      ({ orderId, vendorId }) => `${orderId} ${vendorId}`,
      posted.map(({ order, vendor }) => `${order} ${vendor}`),
    ),
    ...timesEach(
      ledgers.mail.filter(({ kind }) => kind === "vendor-new-order"),
      ({ orderId }) => orderId ?? "",
      mailed.map(({ order }) => order),
    ),
  ];
}

const range = (counts: readonly number[]): string => {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
};

const exactlyOnce = (claim: string, counts: readonly number[]): Claim => ({
  claim,
  expected: "1",
  found: range(counts),
  holds: counts.length > 0 && counts.every((count) => count === 1),
});

const exactly = (claim: string, expected: number, found: number): Claim => ({
  claim,
  expected: String(expected),
  found: String(found),
  holds: expected === found,
});

/** The promises of the story, recomputed from what the partners wrote down. */
export function judge(
  ledgers: Ledgers,
  orders: readonly PlacedOrder[],
  statuses: readonly (string | undefined)[],
  posted: number,
): Claim[] {
  const cancelled = statuses.filter((status) => status === "cancelled" || status === "refunded").length;
  const confirmed = statuses.filter((status) => status === "confirmed").length;
  const refunds = ledgers.payments.filter(
    ({ kind, effect }) => effect && (kind === "refund" || kind === "void"),
  );
  return [
    exactly("orders accepted", posted, orders.length),
    exactly("orders confirmed", posted, confirmed),
    exactly("orders cancelled for technical reasons", 0, cancelled),
    exactly("refunds", 0, refunds.length),
    exactlyOnce("charges per order", chargesPerOrder(ledgers, orders)),
    exactlyOnce("mails per order and kind", mailsPerOrderAndKind(ledgers, orders)),
    exactlyOnce("vendor notices per order and vendor", noticesPerOrderAndVendor(ledgers, orders)),
  ];
}
