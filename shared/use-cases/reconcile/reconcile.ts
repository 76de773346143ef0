import type { Order } from "#shared/contracts/order.ts";
import { examineOrder } from "#shared/domain/reconcile/examine-order.ts";
import type { Entry } from "#shared/domain/reconcile/records.ts";
import { isOrderId } from "#shared/domain/ids.ts";
import { nameOf, type Suspicion } from "#shared/domain/reconcile/suspicion.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";
import { confirmStock, freshRecordsOf, gather, type Gathered, recordsOf } from "./gather.ts";
import { keepFindings, type KeepFindingsDeps } from "./keep-findings.ts";
import { repair, type RepairDeps } from "./repair.ts";

export interface ReconcileDeps extends RepairDeps, KeepFindingsDeps {
  readonly system: System;
  readonly log: Log;
}

export interface Reconciled {
  readonly orders: number;
  readonly findings: number;
  /** Findings that the run before did not have. */
  readonly news: number;
  /** Messages that should set something right. */
  readonly repairs: number;
}

const ORDERS_AT_ONCE = 16;

/**
 * Compares what the stores say of every order since `from`, and of every older one that still has goods or money:
 * repairs what a repeated message can set right, and keeps the rest as findings until the records agree. Whatever
 * contradicts is looked at a second time, because the stores are read while the shop is open. Changes no record of
 * another store itself, so it may run at any time, twice and in parallel.
 */
export async function reconcile(deps: ReconcileDeps, from: string): Promise<Reconciled> {
  const { books } = deps;
  const gathered = await gather(books, from);
  const suspicions = await confirmStock(books.stock, gathered.suspicions);
  const seen = new Set<string>();
  const doubtful = new Set(suspicions.flatMap(({ sku }) => sku ?? []));
  const look = async (entry: Entry<Order>): Promise<void> => {
    seen.add("record" in entry ? entry.record.id : entry.damaged);
    suspicions.push(...leavingAlone(doubtful, await examine(deps, gathered, entry)));
  };
  const lookUp = async (orderId: string, missing: Pick<Suspicion, "detail" | "brandId">): Promise<void> => {
    if (seen.has(orderId)) return;
    const entry = await books.orders.named(orderId);
    if (entry !== undefined) await look(entry);
    else suspicions.push({ kind: "order-missing", subject: orderId, orderId, ...missing });
    seen.add(orderId);
  };
  await inParallel(books.orders.since(from), ORDERS_AT_ONCE, look);
  for (const orderId of [...gathered.holds.keys(), ...gathered.payments.keys()]) {
    await lookUp(orderId, { detail: "there are goods or money of an order that is not there" });
  }
  for await (const { orderId, brandId } of books.deliveries.since(from)) {
    // A vendor is also told of its endpoint, which is no order.
    if (!isOrderId(orderId)) continue;
    await lookUp(orderId, { brandId, detail: "there are notices of an order that is not there" });
  }
  const repairs = await repair(deps, suspicions);
  const news = await keepFindings(deps, suspicions);
  const reconciled = { orders: seen.size, findings: suspicions.length, news, repairs };
  deps.log.info("reconcile.done", reconciled);
  return reconciled;
}

/** Goods whose level is in doubt are not given back by a machine: a piece would be sold twice. */
function leavingAlone(doubtful: ReadonlySet<string>, suspicions: readonly Suspicion[]): Suspicion[] {
  const isInDoubt = suspicions.some(({ sku }) => sku !== undefined && doubtful.has(sku));
  return suspicions.map((suspicion) => {
    const { repair: wanted, ...rest } = suspicion;
    return isInDoubt && wanted?.kind === "handle-again" && wanted.queue === "stock" ? rest : suspicion;
  });
}

/** What two looks at the order agree about. */
async function examine(
  { books, system }: ReconcileDeps,
  gathered: Gathered,
  entry: Entry<Order>,
): Promise<Suspicion[]> {
  if ("damaged" in entry)
    return [{ kind: "damaged", subject: entry.damaged, detail: "is no order any more" }];
  const first = examineOrder(await recordsOf(books, gathered, entry.record), system.now());
  if (first.length === 0) return [];
  const again = await books.orders.named(entry.record.id);
  if (again === undefined || "damaged" in again) return [];
  const names = new Set(first.map(nameOf));
  const second = examineOrder(await freshRecordsOf(books, again.record), system.now());
  return second.filter((suspicion) => names.has(nameOf(suspicion)));
}

/** Works on so many at a time; the first failure ends it all, when those under way have ended. */
async function inParallel<T>(
  source: AsyncIterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const items = source[Symbol.asyncIterator]();
  const worker = async (): Promise<void> => {
    for (let next = await items.next(); next.done !== true; next = await items.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
