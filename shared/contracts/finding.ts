import { z } from "zod";

/** What the reconciler finds. `docs/operations.md` says for each what it means and what to do. */
export const findingKinds = [
  /** A document that is no order, delivery, hold or level any more. */
  "damaged",
  /** An order whose own parts contradict each other. */
  "order-altered",
  /** Other records speak of an order that is not there. */
  "order-missing",
  /** The outbox waits, and no sweep has emptied it. */
  "outbox-stuck",
  /** Nothing has moved the order on for an hour, and no message of it seems to be left. */
  "order-stalled",
  /** Somebody should have been told, and the ledger knows nothing of it. */
  "notice-missing",
  /** A notice waits for an attempt that is long overdue. */
  "notice-stuck",
  /** The ledger has a notice that its order gives no reason for. */
  "notice-unexplained",
  /** Goods that the order counts on are not held. */
  "hold-missing",
  /** Goods are held in another quantity than the order's. */
  "hold-altered",
  /** Goods are held for an order that needs them no more. */
  "hold-unreturned",
  /** The level of a SKU does not agree with its holds. */
  "level-altered",
  /** Goods are held of a SKU that has no level. */
  "level-missing",
  /** The order says that it is paid; the provider does not. */
  "charge-missing",
  /** The provider took another amount than the order's total, or took it twice. */
  "charge-altered",
  /** The provider has money of an order that is cancelled or asks its customer. */
  "charge-unreturned",
] as const;
export const FindingKind = z.enum(findingKinds).meta({ id: "FindingKind" });
export type FindingKind = z.infer<typeof FindingKind>;

/** One disagreement between records, under the same id as long as it lasts. Never personal data. */
export const Finding = z
  .strictObject({
    id: z.string(),
    kind: FindingKind,
    /** The id of the record at fault: of an order, delivery, reservation or payment, or a SKU. */
    subject: z.string(),
    brandId: z.string().optional(),
    orderId: z.string().optional(),
    detail: z.string(),
    /** Whether the reconciler set it right by itself; if not, somebody has to look. */
    repairing: z.boolean(),
    firstSeenAt: z.iso.datetime(),
    lastSeenAt: z.iso.datetime(),
  })
  .meta({ id: "Finding" });
export type Finding = z.infer<typeof Finding>;

export const FindingList = z.strictObject({ findings: z.array(Finding) }).meta({ id: "FindingList" });
