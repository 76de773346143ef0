import type { Order } from "#shared/contracts/order.ts";
import { examineStock } from "#shared/domain/reconcile/examine-stock.ts";
import type { Hold, OrderRecords, PaymentRecord, SkuRecord } from "#shared/domain/reconcile/records.ts";
import { nameOf, type Suspicion } from "#shared/domain/reconcile/suspicion.ts";
import type { DeliveryBook, OrderBook, PaymentBook, StockBook } from "#shared/ports/books.ts";

/** The stores to compare. A partner that shows no books is not judged. */
export interface Books {
  readonly orders: OrderBook;
  readonly deliveries: DeliveryBook;
  readonly stock: StockBook | undefined;
  readonly payments: PaymentBook | undefined;
}

/** What the whole stock and the provider say, by order. */
export interface Gathered {
  readonly holds: ReadonlyMap<string, readonly Hold[]>;
  /** SKUs whose holds are not all known: nothing is said about orders over them. */
  readonly unclear: ReadonlySet<string>;
  readonly payments: ReadonlyMap<string, readonly PaymentRecord[]>;
  readonly suspicions: readonly Suspicion[];
}

export async function gather({ stock, payments }: Books, from: string): Promise<Gathered> {
  return {
    ...(await gatherStock(stock)),
    payments: await gatherPayments(payments, from),
  };
}

async function gatherStock(stock: StockBook | undefined): Promise<Omit<Gathered, "payments">> {
  const holds = new Map<string, Hold[]>();
  const unclear = new Set<string>();
  const suspicions: Suspicion[] = [];
  for await (const sku of stock?.skus() ?? []) {
    const known = await stock?.ofSku(sku);
    if (known === undefined || hasDamage(known)) unclear.add(sku);
    if (known === undefined) continue;
    for (const hold of readable(known)) append(holds, hold.orderId, hold);
    suspicions.push(...examineStock(known));
  }
  return { holds, unclear, suspicions };
}

async function gatherPayments(
  payments: PaymentBook | undefined,
  from: string,
): Promise<Map<string, PaymentRecord[]>> {
  const byOrder = new Map<string, PaymentRecord[]>();
  for await (const payment of payments?.since(from) ?? []) append(byOrder, payment.orderId, payment);
  return byOrder;
}

/** Earlier rounds may have held goods that the customer went without in the end. */
const skusOf = ({ lines, droppedLines = [] }: Order): string[] => [
  ...new Set([...lines, ...droppedLines].map(({ sku }) => sku)),
];

/** Everything about one order as it was gathered, with its deliveries as they are now. */
export async function recordsOf(books: Books, gathered: Gathered, order: Order): Promise<OrderRecords> {
  const isClear = books.stock !== undefined && !skusOf(order).some((sku) => gathered.unclear.has(sku));
  return {
    order,
    deliveries: await books.deliveries.ofOrder(order.id),
    holds: isClear ? (gathered.holds.get(order.id) ?? []) : undefined,
    payments: books.payments === undefined ? undefined : (gathered.payments.get(order.id) ?? []),
  };
}

/** The same, all of it as it is now. */
export async function freshRecordsOf(books: Books, order: Order): Promise<OrderRecords> {
  const { stock } = books;
  const known = stock === undefined ? [] : await Promise.all(skusOf(order).map((sku) => stock.ofSku(sku)));
  const isClear = stock !== undefined && known.every((sku) => sku !== undefined && !hasDamage(sku));
  return {
    order,
    deliveries: await books.deliveries.ofOrder(order.id),
    holds: isClear
      ? known
          .flatMap((sku) => (sku === undefined ? [] : readable(sku)))
          .filter(({ orderId }) => orderId === order.id)
      : undefined,
    payments: await books.payments?.ofOrder(order.id),
  };
}

/** Those of the first look that a second look at the same SKU shows again. */
export async function confirmStock(
  stock: StockBook | undefined,
  suspicions: readonly Suspicion[],
): Promise<Suspicion[]> {
  const skus = new Set(suspicions.flatMap(({ sku }) => sku ?? []));
  const names = new Set(suspicions.map(nameOf));
  const confirmed: Suspicion[] = [];
  for (const sku of skus) {
    const known = await stock?.ofSku(sku);
    if (known !== undefined) confirmed.push(...examineStock(known).filter((one) => names.has(nameOf(one))));
  }
  return confirmed;
}

const hasDamage = ({ holds }: SkuRecord): boolean => holds.some((entry) => "damaged" in entry);
const readable = ({ holds }: SkuRecord): Hold[] =>
  holds.flatMap((entry) => ("record" in entry ? [entry.record] : []));

function append<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
