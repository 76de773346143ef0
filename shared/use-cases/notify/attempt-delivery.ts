import type { Delivery } from "#shared/contracts/delivery.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import { budgetsMs, decide, type Decision, type RetryPolicy } from "#shared/domain/retry.ts";
import type { DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import { classify, TransientFault } from "#shared/ports/faults.ts";
import type { System } from "#shared/ports/system.ts";

export interface AttemptDeliveryDeps {
  readonly ledger: DeliveryLedger;
  readonly system: System;
  readonly retryPolicy: RetryPolicy;
}

/** Which copy of a message this is, and since when there have been copies. */
export interface MessageAge {
  /** 1 for the message as first sent; each delayed copy counts one up. */
  readonly hop: number;
  readonly firstEnqueuedAtMs: number;
}

/** Tells the recipient. `repeated`: an earlier attempt may have reached them; ask before telling again. */
export type Tell = (repeated: boolean) => Promise<void>;

type Begun = { readonly delivery: Delivery; readonly repeated: boolean } | { readonly outcome: Outcome };

/**
 * Makes one attempt at one delivery and keeps the ledger: the attempt is recorded before the recipient is told, its
 * result afterwards. May run twice or in parallel: the recipient's side recognises the delivery by its id, so the
 * effect stays one. A failure is recorded with its decision before the decision is carried out.
 */
export async function attemptDelivery(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  tell: Tell,
): Promise<Outcome> {
  const begun = await begin(deps, delivery, age);
  if ("outcome" in begun) return begun.outcome;
  try {
    await tell(begun.repeated);
  } catch (error) {
    return await recordFailure(deps, begun.delivery, age, error);
  }
  await deps.ledger.change(
    delivery,
    { state: "delivered", nextAttemptAt: undefined, lastFailure: undefined, updatedAt: isoNow(deps) },
    { state: ["pending", "sending", "parked"] },
  );
  return DONE;
}

/** A message older than the ledger: the attempt was made and its retry decided, perhaps by a process that died since. */
function earlierDecision(delivery: Delivery, age: MessageAge): Outcome | undefined {
  if (delivery.state === "delivered" || delivery.state === "superseded") return DONE;
  const stale = delivery.state === "pending" && delivery.hop >= age.hop;
  if (!stale || delivery.nextAttemptAt === undefined) return undefined;
  return { kind: "retry", atMs: Date.parse(delivery.nextAttemptAt) };
}

/**
 * Records that an attempt begins. Whoever finds another one under way, or ended by a crash, also records that the
 * recipient may have been told, and that stays: a clear refusal later on says nothing about the earlier attempt.
 */
async function begin(deps: AttemptDeliveryDeps, delivery: Delivery, age: MessageAge): Promise<Begun> {
  let known: Delivery | undefined = delivery;
  while (known !== undefined) {
    const outcome = earlierDecision(known, age);
    if (outcome !== undefined) return { outcome };
    const { state, attempts, maybeDelivered }: Delivery = known;
    const repeated = state === "sending" || maybeDelivered;
    const begun = await deps.ledger.change(
      known,
      {
        state: "sending",
        attempts: attempts + 1,
        hop: age.hop,
        maybeDelivered: repeated,
        updatedAt: isoNow(deps),
      },
      { state: [state], maybeDelivered },
    );
    if (begun !== undefined) return { delivery: begun, repeated };
    // Somebody else moved it between the read and the write: look again.
    known = await deps.ledger.get(known.orderId, known.id);
  }
  return { outcome: DONE };
}

async function recordFailure(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  error: unknown,
): Promise<Decision> {
  const failure = classify(error);
  const nowMs = deps.system.now();
  const budgetMs = budgetsMs[delivery.channel];
  const { firstEnqueuedAtMs } = age;
  const { attempts: attempt } = delivery;
  const chance = deps.system.random();
  const decision = decide({ failure, attempt, firstEnqueuedAtMs, budgetMs, nowMs, chance }, deps.retryPolicy);
  const unknownOutcome = error instanceof TransientFault && error.unknownOutcome;
  await deps.ledger.change(
    delivery,
    {
      state: decision.kind === "retry" ? "pending" : "parked",
      ...(unknownOutcome ? { maybeDelivered: true } : {}),
      nextAttemptAt: decision.kind === "retry" ? new Date(decision.atMs).toISOString() : undefined,
      lastFailure: failure.description.slice(0, 500),
      updatedAt: isoNow(deps),
    },
    { state: ["sending"] },
  );
  return decision;
}

const isoNow = (deps: AttemptDeliveryDeps): string => new Date(deps.system.now()).toISOString();
