import type { Container, OperationInput, OperationResponse, PatchOperation } from "@azure/cosmos";
import { z } from "zod";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Reservation, ReserveResult, Stock } from "#shared/ports/stock.ts";
import { asking, status, throwIfTemporary } from "./cosmos-faults.ts";
import { readDocument } from "./documents.ts";

/** How long a released or sold reservation is remembered, so that a late message cannot hold it again. */
const REMEMBER_SETTLED_S = 30 * 24 * 60 * 60;

const Hold = z.object({ state: z.enum(["held", "released", "sold"]), quantity: z.int() });

/** How often a race is run again before the caller's own retry takes over. */
const MOST_LOOKS = 10;

/** One SKU of a reservation. */
interface Part {
  readonly sku: string;
  readonly quantity: number;
  readonly reservation: Reservation;
}

interface HeldPart extends Part {
  /** Of the hold document as this call left it. */
  readonly etag: string;
}

type HoldResult = { readonly held: HeldPart } | "short" | "released";

/**
 * Stock in Cosmos DB. Each SKU is a partition with a level document (`available`, `reserved`, `sold`) and one hold document per
 * reservation; level and hold change in one transaction, so goods are held once, released once and never oversold. Who
 * restocks raises `available` and `stocked`, by which the reconciler sees that no piece is lost.
 * All or nothing over SKUs: they are held in one order, and what was held is put back when one falls short. Calls with
 * the same id at the same time share their holds; who touched a hold last is the one who may put it back, so that
 * nobody takes away what another call relies on.
 */
export function createCosmosStock(container: Container): Stock {
  return {
    async reserve(reservation): Promise<ReserveResult> {
      const taken: HeldPart[] = [];
      for (const part of partsOf(reservation)) {
        const result = await hold(container, part);
        if (result === "released") return { ok: false, reason: "released" };
        if (result === "short") {
          for (const held of taken) await putBack(container, held);
          const rest = partsOf(reservation).slice(taken.length + 1);
          return { ok: false, reason: "short", skus: [part.sku, ...(await shortAmong(container, rest))] };
        }
        taken.push(result.held);
      }
      return { ok: true };
    },

    async release(reservation) {
      for (const part of partsOf(reservation)) await release(container, part);
    },

    async sell(reservation) {
      for (const part of partsOf(reservation)) await sell(container, part);
    },
  };
}

const levelId = (sku: string): string => `level_${sku}`;

/** Always in the same order, so that two orders over the same SKUs do not keep taking goods from each other. */
const partsOf = (reservation: Reservation): Part[] =>
  [...reservation.demand]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([sku, quantity]) => ({ sku, quantity, reservation }));

async function hold(container: Container, part: Part): Promise<HoldResult> {
  const { sku, quantity, reservation } = part;
  for (let look = 0; look < MOST_LOOKS; look++) {
    const { id, orderId } = reservation;
    const held = await transact(container, sku, [
      { operationType: "Create", resourceBody: { id, sku, orderId, quantity, state: "held", claims: 1 } },
      takeFromLevel(sku, quantity),
    ]);
    if (held.done) return { held: { ...part, etag: held.etags[0] ?? "" } };
    // No level document: a SKU that nobody stocks is out of stock.
    if (held.has(status.preconditionFailed) || held.has(status.notFound)) return "short";
    if (!held.has(status.conflict))
      throw new TransientFault(`Holding ${sku} ended with ${held.codes.join()}`);
    const claimed = await transact(container, sku, [whereNotReleased(id, claim)]);
    if (claimed.done) return { held: { ...part, etag: claimed.etags[0] ?? "" } };
    if (claimed.has(status.preconditionFailed)) return "released";
    // It was put back between the two: look again.
  }
  throw tooBusy(sku);
}

const Level = z.object({ available: z.int() });

/** Which of the parts nobody tried to hold could not be had either, as it looks: the customer is asked about all at once. */
async function shortAmong(container: Container, parts: readonly Part[]): Promise<string[]> {
  const free = await Promise.all(
    parts.map(async ({ sku }) => (await readDocument(container, Level, levelId(sku), sku))?.available ?? 0),
  );
  return parts.filter(({ quantity }, position) => (free[position] ?? 0) < quantity).map(({ sku }) => sku);
}

/** As if it had never been held; left alone when another call has touched it since. */
async function putBack(container: Container, { sku, quantity, reservation, etag }: HeldPart): Promise<void> {
  const { id } = reservation;
  await transact(container, sku, [
    // A deletion takes no condition, so that a patch in the same transaction holds it.
    { ...whereHeld(id, claim), ifMatch: etag },
    { operationType: "Delete", id },
    giveToLevel(sku, quantity),
  ]);
}

/** Gives back what is held, and remembers that for good: a late message must not hold it again. */
async function release(container: Container, { sku, quantity, reservation }: Part): Promise<void> {
  const { id, orderId } = reservation;
  const released = { state: "released", ttl: REMEMBER_SETTLED_S };
  for (let look = 0; look < MOST_LOOKS; look++) {
    const known = await readDocument(container, Hold, id, sku);
    if (known?.state === "released" || known?.state === "sold") return;
    const operations: OperationInput[] =
      known === undefined
        ? [{ operationType: "Create", resourceBody: { id, sku, orderId, quantity, ...released } }]
        : [whereHeld(id, marking(released)), giveToLevel(sku, known.quantity)];
    if ((await transact(container, sku, operations)).done) return;
    // Somebody held, released or put it back between the read and the write: look again.
  }
  throw tooBusy(sku);
}

/** Out of what is reserved, for good. A hold that was released, or never was, is nothing that can be sold. */
async function sell(container: Container, { sku, reservation }: Part): Promise<void> {
  const { id } = reservation;
  const known = await readDocument(container, Hold, id, sku);
  if (known?.state === "sold") return;
  if (known?.state !== "held") {
    throw new PermanentFault("NothingHeld", `Nothing is held of ${sku} for ${id}`);
  }
  const sold = await transact(container, sku, [
    whereHeld(id, marking({ state: "sold", ttl: REMEMBER_SETTLED_S })),
    { operationType: "Patch", id: levelId(sku), resourceBody: { operations: selling(known.quantity) } },
  ]);
  if (sold.done || (await readDocument(container, Hold, id, sku))?.state === "sold") return;
  throw tooBusy(sku);
}

const marking = (members: object): PatchOperation[] =>
  Object.entries(members).map(([name, value]) => ({ op: "set", path: `/${name}`, value }));

const tooBusy = (sku: string): TransientFault =>
  new TransientFault(`Others kept changing the same reservation of ${sku}`);

const claim: PatchOperation[] = [{ op: "incr", path: "/claims", value: 1 }];

const whereHeld = (id: string, operations: PatchOperation[]) => ({
  operationType: "Patch" as const,
  id,
  resourceBody: { condition: 'from c where c.state = "held"', operations },
});

const whereNotReleased = (id: string, operations: PatchOperation[]) => ({
  operationType: "Patch" as const,
  id,
  resourceBody: { condition: 'from c where c.state != "released"', operations },
});

const giveToLevel = (sku: string, quantity: number): OperationInput => ({
  operationType: "Patch",
  id: levelId(sku),
  resourceBody: { operations: moving(quantity) },
});

const takeFromLevel = (sku: string, quantity: number): OperationInput => ({
  operationType: "Patch",
  id: levelId(sku),
  resourceBody: { condition: `from c where c.available >= ${quantity}`, operations: moving(-quantity) },
});

const selling = (quantity: number): PatchOperation[] => [
  { op: "incr", path: "/reserved", value: -quantity },
  { op: "incr", path: "/sold", value: quantity },
];

/** From reserved to available; a negative quantity goes the other way. */
const moving = (quantity: number): PatchOperation[] => [
  { op: "incr", path: "/available", value: quantity },
  { op: "incr", path: "/reserved", value: -quantity },
];

interface Transacted {
  readonly done: boolean;
  /** Of each operation. */
  readonly codes: readonly number[];
  readonly etags: readonly (string | undefined)[];
  has(code: number): boolean;
}

/** All of the operations or none. */
async function transact(
  container: Container,
  sku: string,
  operations: OperationInput[],
): Promise<Transacted> {
  const response = await asking(() => container.items.batch(operations, sku));
  const results: OperationResponse[] = response.result ?? [];
  const done = response.code === status.ok;
  const codes = results.map(({ statusCode }) => statusCode);
  throwIfTemporary(codes, `a change of ${sku}`);
  if (!done && codes.length === 0)
    throw new PermanentFault("StockRefused", `Cosmos DB refused a change of ${sku}`);
  return { done, codes, etags: results.map(({ eTag }) => eTag), has: (code) => codes.includes(code) };
}
