import type { Delivery } from "#shared/contracts/delivery.ts";
import type { Order } from "#shared/contracts/order.ts";
import { effectsOfCancelled, effectsOfConfirmed } from "../../journey/support/partner-books.ts";
import type { PlacedOrder } from "../../journey/support/storefront.ts";

/** How an order must stand when all is over. */
export interface Promised {
  readonly effects: readonly string[];
  readonly status: Order["status"];
  readonly goods?: Order["stock"]["state"];
  readonly notices: Readonly<Partial<Record<Delivery["state"], number>>>;
  /** Dead letters that this order leaves. */
  readonly deadLetters?: number;
  /** Effects that a crash at the wrong moment may repeat, and nobody can help it. */
  readonly mayRepeat?: RegExp;
}
interface Placed {
  readonly order: PlacedOrder;
}

/** Two mails to the customer and a notice to each of the two vendors. */
export const confirmed = ({ order }: Placed): Promised => ({
  effects: effectsOfConfirmed(order),
  status: "confirmed",
  notices: { delivered: 4 },
});

export const cancelled = ({ order }: Placed): Promised => ({
  effects: [...effectsOfConfirmed(order), ...effectsOfCancelled(order)],
  status: "refunded",
  notices: { delivered: 8 },
});

export const mail = ({ order: { id, request } }: Placed, template: string): string =>
  `${id} ${template} to ${request.customer.email}`;

export const receivedMail = (stage: Placed): string => mail(stage, "order-received");

export const asked = (stage: Placed): Promised => ({
  effects: [receivedMail(stage), mail(stage, "order-attention")],
  status: "needs-attention",
  notices: { delivered: 2 },
});

/** Every vendor has handed its goods to the carrier, and the customer knows. */
export const fulfilled = (stage: Placed, { effects, notices }: Promised): Promised => ({
  effects: [...effects, mail(stage, "order-fulfilled")],
  status: "fulfilled",
  goods: "sold",
  notices: { delivered: (notices.delivered ?? 0) + 1 },
});
