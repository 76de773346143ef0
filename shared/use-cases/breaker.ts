import type { Circuit } from "#shared/contracts/circuit.ts";
import {
  afterSuccess,
  afterTrouble,
  type Call,
  type Caller,
  type CircuitPolicy,
  gate,
  isPristine,
  returnProbe,
  takeProbe,
  type Trouble,
} from "#shared/domain/circuit.ts";
import { noteHeld } from "#shared/domain/release.ts";
import type { FailureClass } from "#shared/domain/retry.ts";
import type { Budgets } from "#shared/ports/budgets.ts";
import type { Circuits } from "#shared/ports/circuits.ts";
import type { Log } from "#shared/ports/log.ts";
import type { System } from "#shared/ports/system.ts";

/** What another instance has reported may be unknown here for so long. */
const REMEMBER_FOR_MS = 5_000;
/** Successes are told in groups, while they are of interest at all. */
const TELL_SUCCESS_EVERY_MS = 1_000;

export interface BreakerDeps {
  readonly circuits: Circuits;
  readonly budgets: Budgets;
  readonly system: Pick<System, "now">;
  readonly log: Log;
  readonly policy: CircuitPolicy;
  /** Calls per second that partners take, by circuit; the others have no limit. */
  readonly ratesPerSecond: Readonly<Record<string, number>>;
}

/**
 * - `go`: make the call, and report what became of it with this very answer.
 * - `hold`: nobody may call; what waits is held until the release sends it on.
 * - `wait`: the calls of this second are used up.
 */
export type Entry =
  | ({ readonly kind: "go" } & Call)
  | { readonly kind: "hold"; readonly untilMs: number }
  | { readonly kind: "wait"; readonly untilMs: number };

interface Remembered {
  readonly circuit: Circuit;
  readonly atMs: number;
}

/**
 * Stands before every call to a partner or endpoint: one for each process, with the circuits shared by all. Knows
 * what others report within five seconds, and what it reports itself at once. Failures are reported one by one,
 * successes only while the circuit is not pristine: as long as all is well, nothing is written. A report that cannot be
 * stored is given up: it must never undo the work that it is about.
 */
export class Breaker {
  readonly #deps: BreakerDeps;
  readonly #known = new Map<string, Remembered>();
  readonly #untold = new Map<string, { count: number; sinceMs: number }>();

  constructor(deps: BreakerDeps) {
    this.#deps = deps;
  }

  /** Throws TransientFault when the circuits cannot be read. */
  async enter(key: string, caller: Caller): Promise<Entry> {
    const { system, circuits } = this.#deps;
    let decided = gate(await this.#look(key), system.now(), caller);
    let probe = false;
    if (decided.kind === "probe") {
      const { circuit, changed } = await circuits.change(key, (now) =>
        takeProbe(now, system.now(), caller.by),
      );
      this.#remember(circuit);
      probe = changed;
      // Somebody else took the lease; or the circuit closed meanwhile.
      if (!changed) decided = gate(circuit, system.now(), caller);
    }
    if (decided.kind === "hold") return decided;
    if (decided.kind === "probe" && !probe) return { kind: "hold", untilMs: system.now() };
    return await this.#withinBudget(key, probe);
  }

  async #withinBudget(key: string, probe: boolean): Promise<Entry> {
    const perSecond = this.#deps.ratesPerSecond[key];
    if (perSecond === undefined || probe) return { kind: "go", probe };
    const taken = await this.#deps.budgets.take(key, perSecond);
    return taken.ok ? { kind: "go", probe } : { kind: "wait", untilMs: taken.retryAtMs };
  }

  /** The call was not made after all. */
  async unused(key: string, { probe }: Call): Promise<void> {
    if (probe) await this.#report(key, returnProbe);
  }

  async succeeded(key: string, { probe }: Call): Promise<void> {
    const nowMs = this.#deps.system.now();
    const known = this.#known.get(key)?.circuit;
    if (!probe && (known === undefined || isPristine(known))) return;
    const { count, sinceMs } = this.#untold.get(key) ?? { count: 0, sinceMs: nowMs - TELL_SUCCESS_EVERY_MS };
    if (!probe && nowMs < sinceMs + TELL_SUCCESS_EVERY_MS) {
      this.#untold.set(key, { count: count + 1, sinceMs });
      return;
    }
    this.#untold.set(key, { count: 0, sinceMs: nowMs });
    await this.#report(key, (circuit) => afterSuccess(circuit, { probe, count: count + 1 }, nowMs));
  }

  /** Answers until when nobody may call now, if so. */
  async failed(key: string, failure: FailureClass, { probe }: Call): Promise<number | undefined> {
    const { system, policy } = this.#deps;
    const nowMs = system.now();
    const trouble = troubleOf(failure);
    if (failure.kind === "permanent" || failure.kind === "mendable") {
      // The partner answered: the fault is in what it was asked.
      await this.succeeded(key, { probe });
    } else if (trouble !== undefined) {
      const successes = this.#untold.get(key)?.count ?? 0;
      this.#untold.delete(key);
      await this.#report(key, (circuit) => {
        const before =
          successes === 0
            ? circuit
            : (afterSuccess(circuit, { probe: false, count: successes }, nowMs) ?? circuit);
        return afterTrouble(before, trouble, { probe }, nowMs, policy);
      });
    } else {
      await this.unused(key, { probe });
    }
    const known = this.#known.get(key)?.circuit;
    const next = known === undefined ? undefined : gate(known, nowMs, { released: true });
    return next?.kind === "hold" ? next.untilMs : undefined;
  }

  /** To be called when a delivery was held and before its message is completed: only then the release looks for it. */
  async held(key: string): Promise<void> {
    const { circuits, system } = this.#deps;
    if (noteHeld(await this.#look(key), system.now()) === undefined) return;
    const { circuit } = await circuits.change(key, (now) => noteHeld(now, system.now()));
    this.#remember(circuit);
  }

  async #look(key: string): Promise<Circuit> {
    const known = this.#known.get(key);
    const nowMs = this.#deps.system.now();
    if (known !== undefined && nowMs < known.atMs + REMEMBER_FOR_MS) return known.circuit;
    return this.#remember(await this.#deps.circuits.read(key));
  }

  #remember(circuit: Circuit): Circuit {
    this.#known.set(circuit.id, { circuit, atMs: this.#deps.system.now() });
    return circuit;
  }

  async #report(key: string, decide: (circuit: Circuit) => Circuit | undefined): Promise<void> {
    const { circuits, log } = this.#deps;
    try {
      const before = this.#known.get(key)?.circuit.state;
      const { circuit, changed } = await circuits.change(key, decide);
      this.#remember(circuit);
      if (changed && circuit.state !== before) {
        const { state, probeAtMs, lastFailure } = circuit;
        log.warn("circuit.changed", { circuit: key, state, probeAtMs, lastFailure });
      }
    } catch (error) {
      log.warn("circuit.report-failed", { circuit: key, error: String(error) });
    }
  }
}

function troubleOf(failure: FailureClass): Trouble | undefined {
  switch (failure.kind) {
    case "transient":
    case "dependency-down":
    case "throttled":
      return failure;
    default:
      return undefined;
  }
}
