import type { Container, OperationInput, OperationResponse } from "@azure/cosmos";
import { z } from "zod";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import type { Reservation, ReserveResult, Stock } from "#shared/ports/stock.ts";
import { asking, status } from "./cosmos-faults.ts";
import { readDocument } from "./documents.ts";

/** How long a released reservation is remembered, so that a late message cannot hold it again. */
const REMEMBER_RELEASED_S = 30 * 24 * 60 * 60;

const Hold = z.object({ state: z.enum(["held", "released"]), quantity: z.int() });

type HoldResult = "held" | "short" | "released";

/**
 * Stock in Cosmos DB. Each SKU is a partition with a level document (`available`, `reserved`) and one hold document per
 * reservation; level and hold change in one transaction, so goods are held once, released once and never oversold.
 * All or nothing over SKUs: they are held in one order, and what was held is released when one falls short.
 */
export function createCosmosStock(container: Container): Stock {
  return {
    async reserve(reservation): Promise<ReserveResult> {
      const taken: string[] = [];
      for (const [sku, quantity] of inOrder(reservation)) {
        const result = await hold(container, sku, reservation, quantity);
        if (result === "held") {
          taken.push(sku);
          continue;
        }
        if (result === "released") return { ok: false, reason: "released" };
        // These are given back for good only in this attempt: the hold is deleted, not marked as released.
        for (const held of taken)
          await letGo(container, held, reservation, quantityOf(reservation, held), "forget");
        return { ok: false, reason: "short", skus: [sku] };
      }
      return { ok: true };
    },

    async release(reservation) {
      for (const [sku, quantity] of inOrder(reservation)) {
        await letGo(container, sku, reservation, quantity, "remember");
      }
    },
  };
}

const levelId = (sku: string): string => `level_${sku}`;

const quantityOf = (reservation: Reservation, sku: string): number => reservation.demand.get(sku) ?? 0;

/** Always the same order, so that two orders over the same SKUs do not keep taking goods from each other. */
const inOrder = (reservation: Reservation): [string, number][] =>
  [...reservation.demand].toSorted(([a], [b]) => (a < b ? -1 : 1));

async function hold(
  container: Container,
  sku: string,
  reservation: Reservation,
  quantity: number,
): Promise<HoldResult> {
  const responses = await transact(container, sku, [
    {
      operationType: "Create",
      resourceBody: { id: reservation.id, sku, orderId: reservation.orderId, quantity, state: "held" },
    },
    {
      operationType: "Patch",
      id: levelId(sku),
      resourceBody: {
        condition: `from c where c.available >= ${quantity}`,
        operations: [
          { op: "incr", path: "/available", value: -quantity },
          { op: "incr", path: "/reserved", value: quantity },
        ],
      },
    },
  ]);
  if (responses === "done") return "held";
  if (responses.includes(status.conflict))
    return (await readDocument(container, Hold, reservation.id, sku))?.state ?? "short";
  // No level document: a SKU that nobody stocks is out of stock.
  if (responses.includes(status.preconditionFailed) || responses.includes(status.notFound)) return "short";
  throw new TransientFault(`Holding ${sku} ended with ${responses.join(", ")}`);
}

async function letGo(
  container: Container,
  sku: string,
  reservation: Reservation,
  quantity: number,
  afterwards: "remember" | "forget",
): Promise<void> {
  const { id, orderId } = reservation;
  const giveBack: OperationInput = {
    operationType: "Patch",
    id: levelId(sku),
    resourceBody: {
      operations: [
        { op: "incr", path: "/available", value: quantity },
        { op: "incr", path: "/reserved", value: -quantity },
      ],
    },
  };
  const released = { id, sku, orderId, quantity, state: "released", ttl: REMEMBER_RELEASED_S };
  const known = await readDocument(container, Hold, id, sku);
  if (known?.state === "released" || (known === undefined && afterwards === "forget")) return;
  const closing: OperationInput =
    afterwards === "forget"
      ? { operationType: "Delete", id }
      : {
          operationType: "Patch",
          id,
          resourceBody: {
            condition: 'from c where c.state = "held"',
            operations: [
              { op: "set", path: "/state", value: "released" },
              { op: "set", path: "/ttl", value: REMEMBER_RELEASED_S },
            ],
          },
        };
  const operations =
    known === undefined
      ? [{ operationType: "Create" as const, resourceBody: released }]
      : [closing, giveBack];
  const responses = await transact(container, sku, operations);
  if (responses === "done") return;
  // Somebody held or released it between the read and the write: look again.
  throw new TransientFault(`Releasing ${sku} ended with ${responses.join(", ")}`);
}

/** Answers the status of each operation when the transaction was refused. */
async function transact(
  container: Container,
  sku: string,
  operations: OperationInput[],
): Promise<"done" | readonly number[]> {
  const response = await asking(() => container.items.batch(operations, sku));
  const results: OperationResponse[] = response.result ?? [];
  if (response.code === status.ok) return "done";
  const codes = results.map(({ statusCode }) => statusCode);
  if (codes.length === 0) throw new PermanentFault("StockRefused", `Cosmos DB refused a change of ${sku}`);
  return codes;
}
