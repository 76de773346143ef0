import { expect, test } from "vitest";
import { newCircuit } from "#shared/contracts/circuit.ts";
import { CircuitList } from "#shared/contracts/resources.ts";
import { listCircuits } from "#shared/use-cases/list-circuits.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { NOON, noonPlus } from "../../builders/orders.ts";
import { createMemoryCircuits } from "../../fakes/memory-circuits.ts";
import { createMemoryDeliveries } from "../../fakes/memory-deliveries.ts";

test("operators see who is in trouble first, since when, how much waits, and what happens next", async () => {
  const [circuits, ledger] = [createMemoryCircuits(), createMemoryDeliveries()];
  const nowMs = Date.parse(NOON);
  circuits.put({ ...newCircuit("a:fine"), lastFailure: "answered 503" });
  circuits.put({ ...newCircuit("b:throttled"), blockedUntilMs: nowMs + 1000 });
  circuits.put({
    ...newCircuit("mail:acs"),
    state: "open",
    sinceMs: nowMs - 5000,
    probeAtMs: nowMs + 3000,
    holding: { sinceMs: nowMs },
  });
  await ledger.createIfAbsent(aDelivery({ state: "held", heldBy: "mail:acs" }));
  const listed = await listCircuits({ circuits, ledger }, nowMs);
  expect(CircuitList.safeParse({ circuits: listed }).error).toBeUndefined();
  expect(listed).toMatchObject([
    { key: "mail:acs", state: "open", since: noonPlus(-5000), held: 1, nextProbeAt: noonPlus(3000) },
    { key: "a:fine", state: "closed", held: 0, lastFailure: "answered 503" },
    { key: "b:throttled", state: "closed", held: 0, blockedUntil: noonPlus(1000) },
  ]);
});
