import { z } from "zod";
import { vendors } from "../../../scripts/seed/shop.ts";
import type { Place } from "./place.ts";
import type { PlacedOrder } from "./storefront.ts";

const Entry = z.looseObject({
  seq: z.int(),
  at: z.iso.datetime(),
  orderId: z.string().nullable(),
  kind: z.string(),
  key: z.string().nullable(),
  outcome: z.string(),
  effect: z.boolean(),
  to: z.string().optional(),
  vendorId: z.string().optional(),
});
export type Entry = z.infer<typeof Entry>;

export type Partner = "payments" | "stock" | "commerce" | "mail" | "webhooks";

/** What really arrived at a partner, every call in order, or those after a sequence number. */
export async function ledger(place: Place, partner: Partner, after = 0): Promise<Entry[]> {
  const response = await fetch(`${place.partners}/${partner}/ledger?after=${after}`);
  return z.object({ entries: z.array(Entry) }).parse(await response.json()).entries;
}

export async function setMode(
  place: Place,
  partner: Partner,
  mode: Readonly<{ mode: string; [option: string]: unknown }>,
): Promise<void> {
  const response = await fetch(`${place.partners}/${partner}/mode`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(mode),
  });
  if (!response.ok) throw new Error(`${partner}: ${await response.text()}`);
}

const Mail = z.looseObject({
  id: z.string(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  template: z.string().nullable(),
  orderId: z.string().nullable(),
  text: z.string(),
  html: z.string(),
});
export type Mail = z.infer<typeof Mail>;

/** The mails about one order, as they lie in the mailbox, the oldest first. */
export async function mailsAbout(place: Place, orderId: string): Promise<Mail[]> {
  const response = await fetch(`${place.partners}/mail/messages?limit=1000`);
  const listed = z
    .object({ messages: z.array(z.object({ id: z.string(), orderId: z.string().nullable() })) })
    .parse(await response.json());
  const ids = listed.messages.filter((mail) => mail.orderId === orderId).map(({ id }) => id);
  const read = async (id: string): Promise<Mail> =>
    Mail.parse(await (await fetch(`${place.partners}/mail/messages/${id}`)).json());
  return (await Promise.all(ids.map(read))).toReversed();
}

/** The partners whose effects the world sees; goods are counted on the shelves. */
export const seenPartners = ["payments", "mail", "webhooks"] as const;

/** Everything that counted at a partner, one line each: what the world saw of us. */
export async function effects(place: Place): Promise<string[]> {
  const ledgers = await Promise.all(seenPartners.map((partner) => ledger(place, partner)));
  return ledgers.flat().filter(counted).map(effectLine);
}

export const counted = ({ effect }: Entry): boolean => effect;

export function effectLine({ orderId, kind, to, vendorId }: Entry): string {
  const whom = to ?? vendorId;
  return `${orderId} ${kind}${whom === undefined ? "" : ` to ${whom}`}`;
}

const byMail = new Set(vendors.filter(({ toldBy }) => toldBy === "email").map(({ id }) => id));

export const vendorsOf = ({ request }: PlacedOrder): string[] => [
  ...new Set(request.lines.map(({ vendorId }) => vendorId)),
];

const notice = (orderId: string, vendor: string, event: "confirmed" | "cancelled"): string =>
  byMail.has(vendor)
    ? `${orderId} ${event === "confirmed" ? "vendor-new-order" : "vendor-order-cancelled"} to orders@${vendor}.example`
    : `${orderId} order.${event}.v1 to ${vendor}`;

/** What the world must have seen of an order that went through. */
export const effectsOfConfirmed = (order: PlacedOrder): string[] => [
  `${order.id} authorise`,
  `${order.id} capture`,
  `${order.id} order-received to ${order.request.customer.email}`,
  `${order.id} order-confirmed to ${order.request.customer.email}`,
  ...vendorsOf(order).map((vendor) => notice(order.id, vendor, "confirmed")),
];

/** What comes on top when a confirmed order is cancelled, for the vendors who had been told of it. */
export const effectsOfCancelled = (order: PlacedOrder, told = vendorsOf(order)): string[] => [
  `${order.id} refund`,
  `${order.id} order-cancelled to ${order.request.customer.email}`,
  `${order.id} order-refunded to ${order.request.customer.email}`,
  ...told.map((vendor) => notice(order.id, vendor, "cancelled")),
];

export interface Difference {
  readonly missing: readonly string[];
  readonly surplus: readonly string[];
}

export const NO_DIFFERENCE: Difference = { missing: [], surplus: [] };

/** Which effects are missing, and which happened too often or not at all rightly. */
export function compare(seen: readonly string[], expected: readonly string[]): Difference {
  const left = new Map<string, number>();
  for (const effect of expected) left.set(effect, (left.get(effect) ?? 0) + 1);
  const surplus = seen.filter((effect) => {
    const count = left.get(effect) ?? 0;
    if (count > 0) left.set(effect, count - 1);
    return count === 0;
  });
  const missing = [...left].flatMap(([effect, count]) => Array<string>(count).fill(effect));
  return { missing, surplus };
}

/** What a partner heard how often about one order. */
type Times = (effect: string) => number;

const timesIn = (seen: readonly string[], orderId: string): Times => {
  return (effect) => seen.filter((each) => each === `${orderId} ${effect}`).length;
};

/**
 * What is wrong with a cancelled order, whenever the cancellation came: money that was taken and not returned, a vendor
 * who knows of the order and not of its end (or the other way round), a mail too many or too few.
 */
export function faultsOfCancelled(order: PlacedOrder, seen: readonly string[]): string[] {
  const times = timesIn(seen, order.id);
  const { email } = order.request.customer;
  const pairs: readonly (readonly [string, number, number])[] = [
    ["order-received mails", times(`order-received to ${email}`), 1],
    ["order-cancelled mails", times(`order-cancelled to ${email}`), 1],
    ["refunds per charge", times("refund"), times("capture")],
    ["authorisations that were closed", times("capture") + times("void"), times("authorise")],
    ["order-refunded mails per refund", times(`order-refunded to ${email}`), times("refund")],
    ...vendorsOf(order).map((vendor) => {
      const [told, untold] = (["confirmed", "cancelled"] as const).map((event) =>
        times(notice(order.id, vendor, event).slice(order.id.length + 1)),
      );
      return [`cancellations told to ${vendor}`, untold ?? 0, told ?? 0] as const;
    }),
  ];
  const ofThisOrder = seen.filter((effect) => effect.startsWith(`${order.id} `));
  const twice = [...new Set(ofThisOrder)].filter((effect) => times(effect.slice(order.id.length + 1)) > 1);
  return [
    ...pairs
      .filter(([, found, wanted]) => found !== wanted)
      .map(([what, found, wanted]) => `${order.id}: ${what}: ${found} instead of ${wanted}`),
    ...twice.map((effect) => `${effect}: more than once`),
  ];
}
