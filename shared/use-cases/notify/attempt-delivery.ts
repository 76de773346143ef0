import type { Delivery } from "#shared/contracts/delivery.ts";
import { DONE, type Outcome } from "#shared/domain/outcome.ts";
import {
  budgetsMs,
  decide,
  type Decision,
  type FailureClass,
  type RetryPolicy,
} from "#shared/domain/retry.ts";
import type { DeliveryChanges, DeliveryLedger } from "#shared/ports/delivery-ledger.ts";
import { classify, TransientFault } from "#shared/ports/faults.ts";
import type { System } from "#shared/ports/system.ts";
import type { Breaker, Entry } from "../breaker.ts";
import { hold, type MessageAge, NO_LONGER_HELD } from "./hold.ts";

export interface AttemptDeliveryDeps {
  readonly ledger: DeliveryLedger;
  readonly system: System;
  readonly retryPolicy: RetryPolicy;
  readonly breaker: Breaker;
}

/** One attempt that is ready to be made. */
export interface Attempt {
  /** Whose circuit it is subject to. */
  readonly circuit: string;
  /** Tells the recipient. `repeated`: an earlier attempt may have reached them; ask before telling again. */
  readonly tell: (repeated: boolean) => Promise<void>;
}

type Call = Extract<Entry, { kind: "go" }>;
type Begun = { readonly delivery: Delivery; readonly repeated: boolean } | { readonly outcome: Outcome };

/** The breaker is not asked about the last attempt before giving up. */
const UNGUARDED: Call = { kind: "go", probe: false };

/**
 * Makes one attempt at one delivery and keeps the ledger: the attempt is recorded before the recipient is told, its
 * result afterwards. While nobody may be called it is held instead, which costs no attempt. May run twice or in parallel:
 * the recipient's side recognises the delivery by its id, so the effect stays one. A failure is recorded with its
 * decision before the decision is carried out. A delivery whose budget is used up is attempted a last time in any case.
 */
export async function attemptDelivery(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  prepare: () => Promise<Attempt>,
): Promise<Outcome> {
  const earlier = await earlierDecision(deps, delivery, age);
  if (earlier !== undefined) return earlier;
  const prepared = await prepare().then(
    (attempt) => attempt,
    (error: unknown) => ({ error }),
  );
  if ("error" in prepared) return await failUnprepared(deps, delivery, age, prepared.error);
  const { circuit, tell } = prepared;
  const entry = isLastTry(deps, delivery, age)
    ? UNGUARDED
    : await deps.breaker.enter(circuit, { released: delivery.state === "held", by: delivery.id });
  if (entry.kind === "hold") {
    const held = await hold(deps, delivery, age, circuit, interruptedBy(delivery));
    return held ?? (await lookAgain(deps, delivery, age, prepare));
  }
  if (entry.kind === "wait") {
    const { retryPolicy, system } = deps;
    return { kind: "wait", atMs: Math.ceil(entry.untilMs + retryPolicy.baseMs * system.random()) };
  }
  const begun = await begin(deps, delivery, age).catch(async (error: unknown) => {
    await deps.breaker.unused(circuit, entry);
    throw error;
  });
  if ("outcome" in begun) {
    await deps.breaker.unused(circuit, entry);
    return begun.outcome;
  }
  try {
    await tell(begun.repeated);
  } catch (error) {
    return await recordFailure(deps, begun.delivery, age, { error, circuit, entry });
  }
  await Promise.all([recordDelivered(deps, delivery), deps.breaker.succeeded(circuit, entry)]);
  return DONE;
}

/** Whoever finds an attempt under way cannot know how it ends. */
const interruptedBy = ({ state, unknownOutcomes = 0 }: Delivery): DeliveryChanges =>
  state === "sending" ? { maybeDelivered: true, unknownOutcomes: unknownOutcomes + 1 } : {};

async function lookAgain(
  deps: AttemptDeliveryDeps,
  { orderId, id }: Delivery,
  age: MessageAge,
  prepare: () => Promise<Attempt>,
): Promise<Outcome> {
  const now = await deps.ledger.get(orderId, id);
  return now === undefined ? DONE : await attemptDelivery(deps, now, age, prepare);
}

const isLastTry = (deps: AttemptDeliveryDeps, { channel }: Delivery, age: MessageAge): boolean =>
  deps.system.now() >= age.firstEnqueuedAtMs + budgetsMs[channel];

/**
 * What was decided before, when this message is older than the ledger: its attempt was made and what follows decided,
 * perhaps by a process that died since. Undefined when the attempt is still to be made.
 */
async function earlierDecision(
  { breaker }: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
): Promise<Outcome | undefined> {
  const { state, hop, nextAttemptAt, heldBy } = delivery;
  if (state === "delivered" || state === "superseded") return DONE;
  if (hop < age.hop) return undefined;
  if (state === "held") {
    if (heldBy !== undefined) await breaker.held(heldBy);
    return DONE;
  }
  if (state !== "pending" || nextAttemptAt === undefined) return undefined;
  return { kind: "retry", atMs: Date.parse(nextAttemptAt) };
}

/**
 * Records that an attempt begins. Whoever finds another one under way, or ended by a crash, also records that the
 * recipient may have been told, and that stays: a clear refusal later on says nothing about the earlier attempt.
 */
async function begin(deps: AttemptDeliveryDeps, delivery: Delivery, age: MessageAge): Promise<Begun> {
  let known: Delivery | undefined = delivery;
  while (known !== undefined) {
    const outcome = await earlierDecision(deps, known, age);
    if (outcome !== undefined) return { outcome };
    const { state, attempts, maybeDelivered, hop }: Delivery = known;
    const repeated = state === "sending" || maybeDelivered;
    const begun = await deps.ledger.change(
      known,
      {
        ...(state === "held" ? NO_LONGER_HELD : {}),
        state: "sending",
        attempts: attempts + 1,
        hop: age.hop,
        ...interruptedBy(known),
        updatedAt: isoNow(deps),
      },
      { state: [state], maybeDelivered, hop },
    );
    if (begun !== undefined) return { delivery: begun, repeated };
    // Somebody else moved it between the read and the write: look again.
    known = await deps.ledger.get(known.orderId, known.id);
  }
  return { outcome: DONE };
}

/** What is missing for the attempt counts as one, so that it comes to an end; no partner is to blame. */
async function failUnprepared(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  error: unknown,
): Promise<Outcome> {
  const begun = await begin(deps, delivery, age);
  if ("outcome" in begun) return begun.outcome;
  return await recordFailure(deps, begun.delivery, age, { error });
}

/** Whatever became of it meanwhile, the recipient has been told; another run may even have put it aside or given it up. */
async function recordDelivered(deps: AttemptDeliveryDeps, delivery: Delivery): Promise<void> {
  const changes = {
    state: "delivered",
    nextAttemptAt: undefined,
    lastFailure: undefined,
    updatedAt: isoNow(deps),
  } as const;
  const state = ["pending", "sending", "parked", "superseded"] as const;
  const recorded = await deps.ledger.change(delivery, changes, { state });
  if (recorded !== undefined) return;
  await deps.ledger.change(delivery, { ...changes, ...NO_LONGER_HELD }, { state: ["held"] });
}

interface Failed {
  readonly error: unknown;
  readonly circuit?: string;
  readonly entry?: Call;
}

async function recordFailure(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  { error, circuit, entry }: Failed,
): Promise<Outcome> {
  const failure = classify(error);
  const lastTry = isLastTry(deps, delivery, age);
  const blocked =
    circuit !== undefined &&
    entry !== undefined &&
    (await deps.breaker.failed(circuit, failure, entry)) !== undefined;
  const decision = decisionOn(deps, delivery, age, failure);
  const facts = factsOf(error, failure, delivery);
  // Nobody may call now, so waiting for a moment of its own would only find that out again.
  if (decision.kind === "retry" && blocked && !lastTry) {
    const held = await hold(deps, delivery, age, circuit, facts);
    return held ?? (await othersDecision(deps, delivery, age, decision));
  }
  const recorded = await deps.ledger.change(
    delivery,
    {
      ...facts,
      state: decision.kind === "park" ? "parked" : "pending",
      nextAttemptAt: decision.kind === "park" ? undefined : new Date(decision.atMs).toISOString(),
      updatedAt: isoNow(deps),
    },
    { state: ["sending"] },
  );
  if (recorded === undefined) return await othersDecision(deps, delivery, age, decision);
  return decision.kind === "park" ? { ...decision, attempts: delivery.attempts } : decision;
}

const decisionOn = (
  { system, retryPolicy }: AttemptDeliveryDeps,
  { attempts: attempt, channel }: Delivery,
  { firstEnqueuedAtMs }: MessageAge,
  failure: FailureClass,
): Decision => {
  const budgetMs = budgetsMs[channel];
  const [nowMs, chance] = [system.now(), system.random()];
  return decide({ failure, attempt, firstEnqueuedAtMs, budgetMs, nowMs, chance }, retryPolicy);
};

const factsOf = (
  error: unknown,
  { description }: FailureClass,
  { unknownOutcomes = 0 }: Delivery,
): DeliveryChanges => ({
  ...(error instanceof TransientFault && error.unknownOutcome
    ? { maybeDelivered: true, unknownOutcomes: unknownOutcomes + 1 }
    : {}),
  lastFailure: description.slice(0, 500),
});

/** Somebody else has moved it: what they recorded is carried out once more, in case they died over it. */
async function othersDecision(
  deps: AttemptDeliveryDeps,
  delivery: Delivery,
  age: MessageAge,
  ours: Decision,
): Promise<Outcome> {
  const now = await deps.ledger.get(delivery.orderId, delivery.id);
  return (now && (await earlierDecision(deps, now, age))) ?? ours;
}

const isoNow = (deps: AttemptDeliveryDeps): string => new Date(deps.system.now()).toISOString();
