import type { Circuit } from "#shared/contracts/circuit.ts";
import type { CircuitView } from "#shared/contracts/resources.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";

const urgency = ({ state, held }: CircuitView): number => (state === "open" ? 2 : 0) + (held > 0 ? 1 : 0);

const iso = (ms: number): string => new Date(ms).toISOString();

/** Every partner and endpoint that was ever in trouble, those that are open or have deliveries waiting first. */
export async function listCircuits(
  deps: { readonly circuits: Circuits; readonly ledger: DeliveryLedger },
  nowMs: number,
): Promise<CircuitView[]> {
  const circuits = await deps.circuits.all();
  const views = await Promise.all(
    circuits.map(async (circuit) => {
      const held = circuit.holding === undefined ? 0 : await deps.ledger.countHeld(circuit.id);
      return viewOf(circuit, held, nowMs);
    }),
  );
  return views.toSorted((a, b) => urgency(b) - urgency(a) || (a.key < b.key ? -1 : 1));
}

function viewOf(circuit: Circuit, held: number, nowMs: number): CircuitView {
  const { id, state, sinceMs, lastFailure } = circuit;
  return {
    key: id,
    state,
    since: iso(sinceMs),
    held,
    ...timesOf(circuit, nowMs),
    ...(circuit.release === undefined || held === 0 ? {} : { releasePerSecond: circuit.release.perSecond }),
    ...(lastFailure === undefined ? {} : { lastFailure }),
  };
}

const timesOf = (
  { state, probeAtMs, blockedUntilMs = 0 }: Circuit,
  nowMs: number,
): Pick<CircuitView, "nextProbeAt" | "blockedUntil"> => ({
  ...(state === "open" && probeAtMs !== undefined ? { nextProbeAt: iso(Math.max(probeAtMs, nowMs)) } : {}),
  ...(blockedUntilMs > nowMs ? { blockedUntil: iso(blockedUntilMs) } : {}),
});
