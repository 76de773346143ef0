import { ServiceBusClient, type ServiceBusSessionReceiver } from "@azure/service-bus";
import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { createHandClock } from "#local/clock/hand-clock.ts";
import { parseHostJson } from "#local/functions-host/app/host-json.ts";
import type { ServiceBusFunction } from "#local/functions-host/app/index-functions.ts";
import { SessionListener } from "#local/functions-host/service-bus/session-listener.ts";

const target: ServiceBusFunction = {
  name: "talk",
  trigger: "serviceBus",
  triggerName: "message",
  retry: undefined,
  inputs: [],
  outputs: [],
  connectionString: "",
  entity: { queue: "work" },
  binary: false,
  batches: false,
  sessions: true,
  autoComplete: undefined,
};

/** What the base class does with each session that it gets. */
class Exposed extends SessionListener {
  use(session: ServiceBusSessionReceiver, stopping: AbortSignal): Promise<void> {
    return this.work(session, stopping);
  }
}

test("a session that is over leaves nothing behind at the signal that ends the host", async () => {
  const clock = createHandClock();
  const settings = parseHostJson('{ "version": "2.0" }').extensions.serviceBus;
  const invoke = () => Promise.reject(new Error("nothing comes"));
  const client = new ServiceBusClient(
    "Endpoint=sb://localhost;SharedAccessKeyName=none;SharedAccessKey=none",
  );
  const listener = new Exposed(target, {
    client,
    settings,
    clock,
    log: () => undefined,
    invoke,
    idleMs: 1000,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that a listener uses of a session before a message comes
  const session = {
    sessionLockedUntilUtc: new Date(clock.now() + 60_000),
    subscribe: () => ({ close: () => Promise.resolve() }),
  } as unknown as ServiceBusSessionReceiver;
  const { signal } = new AbortController();

  const used = listener.use(session, signal);
  await clock.advance(1000);
  await used;

  expect(getEventListeners(signal, "abort")).toEqual([]);
  expect(clock.pending).toBe(0);
});
