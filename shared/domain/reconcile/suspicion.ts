import type { FindingKind } from "#shared/contracts/finding.ts";
import type { EventType, Order } from "#shared/contracts/order.ts";
import type { QueueName } from "#shared/contracts/topology.ts";

/** What sets a record right. Each is a message or a publication that every consumer may see twice. */
export type Repair =
  | { readonly kind: "publish-outbox" }
  /** Hands the event to one consumer again. */
  | {
      readonly kind: "handle-again";
      readonly queue: QueueName;
      readonly event: EventType;
      readonly question?: number;
    }
  /** Has one delivery attempted again. */
  | { readonly kind: "deliver-again"; readonly deliveryId: string };

/** A contradiction as one look at the records shows it. */
export interface Suspicion {
  readonly kind: FindingKind;
  /** The id of the record at fault. */
  readonly subject: string;
  readonly brandId?: string;
  readonly orderId?: string;
  /** Where to look again, when it is about goods. */
  readonly sku?: string;
  readonly detail: string;
  /** Absent where no machine may decide. */
  readonly repair?: Repair;
}

/** The same contradiction has the same name in every run. */
export const nameOf = ({ kind, subject }: Suspicion): string => `${kind}.${subject}`;

/**
 * How long records may disagree because work is under way: a consumer lags, a sweep is due. Nothing that is younger is
 * ever held against anybody.
 */
export const GRACE_MS = 60 * 60 * 1000;

export const isSettled = (at: string, nowMs: number): boolean => nowMs - Date.parse(at) >= GRACE_MS;

/** The order itself is the record at fault. */
export const about = (order: Order): Pick<Suspicion, "subject" | "orderId" | "brandId"> => ({
  subject: order.id,
  orderId: order.id,
  brandId: order.brandId,
});
