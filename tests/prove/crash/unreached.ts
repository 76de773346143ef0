import type { AwaitPoint } from "../support/await-points.ts";
import type { Scenario } from "./scenario.ts";
import type { Met } from "./theatre.ts";

interface Reason {
  readonly file: string;
  /** A part of the line; unless given, all of the file is meant. */
  readonly line?: string;
  readonly because: string;
}

/** Why no scenario comes past these points. A reason that no longer applies is harmless. */
const reasons: readonly Reason[] = [
  ...[
    ...["get-order", "get-question", "health", "list-circuits", "list-findings", "list-orders"].map(
      (name) => `functions/${name}.ts`,
    ),
    ...["check-health", "list-circuits", "read-orders", "read-question", "watch-backlog"].map(
      (name) => `shared/use-cases/${name}.ts`,
    ),
  ].map((file) => ({ file, because: "only reads" })),
  {
    file: "shared/adapters/cosmos/cosmos-stock.ts",
    line: "readDocument(container, Level,",
    because: "only reads",
  },
  {
    file: "shared/adapters/cosmos/cosmos-orders.ts",
    line: "const { resources } = await",
    because: "only lists",
  },
  {
    file: "shared/adapters/cosmos/cosmos-deliveries.ts",
    line: "const { resources } = await",
    because: "only lists",
  },
  {
    file: "shared/adapters/telemetry/",
    because: "nobody is told by telemetry, and without a receiver there is none",
  },
  ...["connect-cosmos.ts", "acs-mailer.ts", "connect-service-bus.ts"].flatMap((name) =>
    ["managedIdentity", "@azure/identity", "signedIn"].map((line) => ({
      file: name,
      line,
      because: "signs in with a managed identity, which is only there in Azure",
    })),
  ),
  {
    file: "shared/adapters/mail/smtp-mailer.ts",
    line: ".close()",
    because: "ends the connection of a test",
  },
  {
    file: "shared/adapters/service-bus/service-bus-bus.ts",
    line: "this.#sendGroup([waiting])",
    because: "a message that is too large, which ours never are; tests/contract/service-bus-bus.test.ts",
  },
  {
    file: "shared/adapters/service-bus/service-bus-bus.ts",
    line: "atch(",
    because: "more than a batch takes; tests/contract/service-bus-bus.test.ts",
  },
  {
    file: "shared/use-cases/publish-outbox.ts",
    line: "await this.#round",
    because: "drains at the end of a process, which a kill does not let come",
  },
  {
    file: "cosmos-findings.ts",
    because: "the reconciler finds nothing where nothing is wrong; tests/contract/reconcile.test.ts",
  },
  {
    file: "shared/use-cases/notify/tell-vendor.ts",
    line: "tellOfDisabled(",
    because: "who disabled an endpoint died before its vendor could be told; tests/unit/use-cases",
  },
  { file: "shared/adapters/chat/", because: "tells people of alarms; no order hangs on it" },
  {
    file: "shared/use-cases/reconcile/",
    because: "finds something wrong only where somebody broke it; tests/contract/reconcile.test.ts",
  },
  {
    file: "shared/use-cases/notify/release-held.ts",
    line: "holdOn(",
    because: "Service Bus goes away in the middle of a release; tests/unit/use-cases/release-held.test.ts",
  },
  ...["report(key, returnProbe)", "await this.unused(", "await deps.breaker.unused("].map((line) => ({
    file: "",
    line,
    because: "the call of a probe is not made after all; tests/unit/use-cases/breaker.test.ts",
  })),
  {
    file: "shared/bindings/started-app.ts",
    because: "waits for a start that failed; tests/unit/bindings",
  },
  {
    file: "shared/use-cases/accept-order.ts",
    line: "(await answeredBefore(deps, order)) ??",
    because:
      "a brand parts with a vendor between a post and its replay; tests/unit/use-cases/accept-order.test.ts",
  },
  ...[
    "failUnprepared",
    "await begin(deps, delivery, age);",
    "recordFailure(deps, begun.delivery, age, { error });",
  ].map((line) => ({
    file: "shared/use-cases/notify/attempt-delivery.ts",
    line,
    because:
      "a mail that cannot be written, for want of a brand or vendor; tests/unit/use-cases/attempt-delivery.test.ts",
  })),
  ...["notify/change-channel.ts", "notify/tell-vendor.ts"].map((name) => ({
    file: `shared/use-cases/${name}`,
    line: name.includes("tell") ? "changeChannel(" : "",
    because: "an operator moves a vendor meanwhile; tests/unit/use-cases/tell-vendor.test.ts",
  })),
  ...[
    "await deps.ledger.get(known.orderId",
    "const now = await payments.find(key)",
    "await giveBack(deps, order)",
    "deps.payments.find(order.payment.key)",
    "await lookAgain(",
    "await deps.ledger.get(orderId, id)",
    "now === undefined ? DONE",
    "await breaker.held(heldBy)",
    '...NO_LONGER_HELD }, { state: ["held"]',
    "othersDecision(",
    "await deps.ledger.get(delivery.orderId, delivery.id)",
    "(now && (await earlierDecision(",
    "await supersede(deps.ledger, delivery, at)",
    "if (!created) await supersede(ledger, cancellation",
    "sold.done ||",
    "=== status.conflict ? await this.#reserve",
  ].map((line) => ({
    file: "",
    line,
    because: "two runs of one message meet; every course of that is tested in tests/unit/use-cases",
  })),
];

const watchers: ReadonlySet<string> = new Set(["reconcile", "watch-backlog"]);

/**
 * To kill there would be chance: counts are told now and then in the course of whatever function runs then, and who watches
 * also does so by itself in courses that jump over hours. No order hangs on either.
 */
export const isMetByChance = ({ setsOff = [] }: Scenario, { point, during }: Met): boolean =>
  point.includes("telemetry/counting-telemetry.ts") ||
  (point.includes("cosmos/cosmos-watch.ts") && during !== "watch-backlog") ||
  (watchers.has(during) && !setsOff.includes(during));

export const explanationOf = ({ id, text }: AwaitPoint): string | undefined =>
  reasons.find(({ file, line = "" }) => id.includes(file) && text.includes(line))?.because;
