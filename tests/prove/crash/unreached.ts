import type { AwaitPoint } from "../support/await-points.ts";

interface Reason {
  readonly file: string;
  /** A part of the line; unless given, all of the file is meant. */
  readonly line?: string;
  readonly because: string;
}

/** Why no scenario comes past these points. A reason that no longer applies is harmless. */
const reasons: readonly Reason[] = [
  ...["functions/get-order.ts", "functions/health.ts", "functions/list-orders.ts"].map((file) => ({
    file,
    because: "only reads",
  })),
  { file: "shared/use-cases/check-health.ts", because: "only reads" },
  { file: "shared/use-cases/read-orders.ts", because: "only reads" },
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
    file: "shared/adapters/start-telemetry.ts",
    because: "without a connection string there is no telemetry",
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
  ...[
    "await deps.ledger.get(known.orderId",
    "const now = await payments.find(key)",
    "await giveBack(deps, order)",
    "deps.payments.find(order.payment.key)",
  ].map((line) => ({
    file: "",
    line,
    because: "two runs of one message meet; every course of that is tested in tests/unit/use-cases",
  })),
];

export const explanationOf = ({ id, text }: AwaitPoint): string | undefined =>
  reasons.find(({ file, line = "" }) => id.includes(file) && text.includes(line))?.because;
