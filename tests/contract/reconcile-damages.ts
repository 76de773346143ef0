import type { ItemDefinition } from "@azure/cosmos";
import type { ContainerName } from "#shared/contracts/containers.ts";
import type { FindingKind } from "#shared/contracts/finding.ts";
import { deliveryIdFor } from "#shared/domain/ids.ts";

/** Somebody's order, of every fate. */
export interface Fates {
  readonly confirmed: string;
  readonly refunded: string;
  readonly declined: string;
  readonly short: string;
  /** Paid with another card, in the second round. */
  readonly recarded: string;
  /** Went without the missing goods, in the second round. */
  readonly partial: string;
  readonly sold: string;
}

const set =
  (changes: Readonly<Record<string, unknown>>) =>
  (document: ItemDefinition): ItemDefinition => ({ ...document, ...changes });

export const without =
  (...names: readonly string[]) =>
  (document: ItemDefinition): ItemDefinition =>
    Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));

export interface Damage {
  readonly container: ContainerName;
  readonly id: (fates: Fates) => string;
  readonly change?: (document: ItemDefinition) => ItemDefinition;
  readonly kind: FindingKind;
  /** The reconciler sets it right by itself. */
  readonly heals?: boolean;
}

const mailOf = (orderId: string, event: string): string => deliveryIdFor(orderId, event, "customer");
const webhookOf = (orderId: string): string => deliveryIdFor(orderId, "order.confirmed.v1", "vendor-mill");
const holdOf = (orderId: string, round = 1): string => `rsv_${orderId}_${round}`;
const levelOf = (sku: string): string => `level_${sku}`;

/** What may happen to each kind of document. */
export const damages: Readonly<Record<string, Damage>> = {
  "an order that is gone": { container: "orders", id: ({ confirmed }) => confirmed, kind: "order-missing" },
  "an order that is gone, of which only notices are left": {
    container: "orders",
    id: ({ declined }) => declined,
    kind: "order-missing",
  },
  "an order that cannot be read": {
    container: "orders",
    id: ({ confirmed }) => confirmed,
    change: set({ lines: "two pancakes" }),
    kind: "damaged",
  },
  "another total": {
    container: "orders",
    id: ({ confirmed }) => confirmed,
    change: set({ totalMinor: 1 }),
    kind: "order-altered",
  },
  "another customer": {
    container: "orders",
    id: ({ short }) => short,
    change: set({ customer: { name: "Mallory", email: "mallory@example.com" } }),
    kind: "order-altered",
  },
  "another status": {
    container: "orders",
    id: ({ refunded }) => refunded,
    change: set({ status: "confirmed" }),
    kind: "order-altered",
  },
  "a notice that is gone": {
    container: "deliveries",
    id: ({ confirmed }) => mailOf(confirmed, "order.confirmed.v1"),
    kind: "notice-missing",
    heals: true,
  },
  "a vendor's notice that is gone": {
    container: "deliveries",
    id: ({ confirmed }) => webhookOf(confirmed),
    kind: "notice-missing",
    heals: true,
  },
  "a notice that cannot be read": {
    container: "deliveries",
    id: ({ confirmed }) => webhookOf(confirmed),
    change: set({ attempts: "many" }),
    kind: "damaged",
  },
  "a notice to somebody else": {
    container: "deliveries",
    id: ({ confirmed }) => webhookOf(confirmed),
    change: set({ recipient: "vendor-dairy" }),
    kind: "notice-unexplained",
  },
  "a notice whose message is gone": {
    container: "deliveries",
    id: ({ refunded }) => mailOf(refunded, "order.refunded.v1"),
    change: set({ state: "pending" }),
    kind: "notice-stuck",
    heals: true,
  },
  "a hold that is gone": {
    container: "stock",
    id: ({ confirmed }) => holdOf(confirmed),
    kind: "hold-missing",
  },
  "a hold of more": {
    container: "stock",
    id: ({ confirmed }) => holdOf(confirmed),
    change: set({ quantity: 77 }),
    kind: "hold-altered",
  },
  "a hold that cannot be read": {
    container: "stock",
    id: ({ confirmed }) => holdOf(confirmed),
    change: set({ quantity: null }),
    kind: "damaged",
  },
  "a hold that came back": {
    container: "stock",
    id: ({ refunded }) => holdOf(refunded),
    change: set({ state: "held", claims: 1 }),
    kind: "hold-unreturned",
  },
  "a level that is gone": { container: "stock", id: () => levelOf("BUTTER"), kind: "level-missing" },
  "a level with more reserved": {
    container: "stock",
    id: () => levelOf("BUTTER"),
    change: (level) => ({ ...level, reserved: Number(level["reserved"]) + 5 }),
    kind: "level-altered",
  },
  "a level with more available": {
    container: "stock",
    id: () => levelOf("BUTTER"),
    change: (level) => ({ ...level, available: Number(level["available"]) + 1 }),
    kind: "level-altered",
  },
  "a level with less sold": {
    container: "stock",
    id: () => levelOf("PANCAKE-MIX"),
    change: (level) => ({ ...level, sold: Number(level["sold"]) - 1 }),
    kind: "level-altered",
  },
  "a hold of the second round that is gone": {
    container: "stock",
    id: ({ partial }) => holdOf(partial, 2),
    kind: "hold-missing",
  },
  "a hold of sold goods that came back": {
    container: "stock",
    id: ({ sold }) => holdOf(sold),
    change: set({ state: "held" }),
    kind: "hold-unreturned",
  },
  "a question that nobody is going to follow up": {
    container: "orders",
    id: ({ declined }) => declined,
    change: without("dueAt"),
    kind: "order-stalled",
  },
  "a question that is gone": {
    container: "orders",
    id: ({ declined }) => declined,
    change: without("dueAt", "attention"),
    kind: "order-altered",
  },
  "the mail of a question that is gone": {
    container: "deliveries",
    id: ({ short }) => mailOf(short, "order.attention-needed.v1"),
    kind: "notice-missing",
    heals: true,
  },
  "the names of another round": {
    container: "orders",
    id: ({ recarded }) => recarded,
    change: (order) => ({ ...order, stock: { ...order["stock"], reservationId: holdOf(String(order.id)) } }),
    kind: "order-altered",
  },
  "a sale that was forgotten": {
    container: "orders",
    id: ({ sold }) => sold,
    change: (order) => ({ ...order, stock: { ...order["stock"], state: "reserved" } }),
    kind: "order-stalled",
    heals: true,
  },
  "a hand-over that is gone": {
    container: "orders",
    id: ({ sold }) => sold,
    change: without("handedOver"),
    kind: "order-altered",
  },
  "a level that cannot be read": {
    container: "stock",
    id: () => levelOf("BUTTER"),
    change: set({ available: "some" }),
    kind: "damaged",
  },
};
