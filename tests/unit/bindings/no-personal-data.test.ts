import { beforeEach, expect, test, vi } from "vitest";
import { consoleLog } from "#shared/adapters/console-log.ts";
import { traced } from "#shared/adapters/telemetry/traced.ts";
import { PermanentFault, TransientFault } from "#shared/ports/faults.ts";
import { OutboxPublisher } from "#shared/use-cases/publish-outbox.ts";
import { anOrderRequest } from "../../builders/orders.ts";
import { createMemoryApp, KEYS, type MemoryApp } from "../../fakes/memory-app.ts";
import { call, deliverAll, sweep, useApp } from "./the-functions.ts";

let app: MemoryApp;
let printed: string[];

/** The app in memory with the real log, and with partners who quote the customer in their errors. */
beforeEach(() => {
  printed = [];
  for (const level of ["info", "warn", "error"] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void printed.push(line));
  const bare = createMemoryApp();
  const log = { ...bare.log, ...consoleLog };
  const refusing = {
    ...bare.mailer,
    send: ({ to }: { to: { address: string } }) =>
      Promise.reject(
        new PermanentFault("MailRefused", `550 5.1.1 <${to.address}>: no such user (${to.address})`),
      ),
  };
  app = useApp({
    ...bare,
    log,
    mailer: traced(bare.telemetry, "mail", refusing),
    outbox: new OutboxPublisher({ orders: bare.orders, bus: bare.bus, log }),
  });
});

const request = anOrderRequest();
const { email, name } = request.customer;
/** Everything of the order, its caller and its vendors that is nobody else's business. */
const personal: readonly string[] = [
  email,
  name,
  request.shippingAddress.line1,
  request.payment.token,
  KEYS.storefront,
  "orders@dairy.example",
];

const place = () =>
  call("post-order", {
    headers: {
      authorization: `Bearer ${KEYS.storefront}`,
      "content-type": "application/json",
      "idempotency-key": "checkout-1",
    },
    body: JSON.stringify(request),
  });

/** Every kind of trouble that is logged, along the whole path. */
async function everythingGoesWrong(): Promise<void> {
  app.bus.breakDown("notifications");
  await place();
  await app.outbox.drain();
  app.bus.mend();
  app.system.advance(60_000);
  await sweep();
  app.payments.trouble("down");
  // A parked copy is thrown back to the broker: that is how it gets into the dead-letter queue.
  for (let rounds = 0; rounds < 6; rounds++) {
    await deliverAll(app).catch((error: unknown) => {
      if (!String(error).includes("Parked")) throw error;
    });
    app.system.advance(3_600_000);
  }
  app.orders.create = () => Promise.reject(new TypeError(`cannot store ${email}`));
  await place();
  app.orders.create = () => Promise.reject(new TransientFault(`no answer about ${email}`));
  await place();
}

const leaksIn = (text: string): string[] => personal.filter((secret) => text.includes(secret));

test("whatever goes wrong, no log line holds a name, an address or a key", async () => {
  await everythingGoesWrong();
  const events = printed.map((line) => JSON.parse(line).event);
  expect(new Set(events)).toEqual(
    new Set([
      "outbox.publish-failed",
      "outbox.swept",
      "message.retry",
      "message.parked",
      "http.bug",
      "http.store-unavailable",
    ]),
  );
  expect(leaksIn(printed.join("\n"))).toEqual([]);
});

test("nor does a span or a value of telemetry", async () => {
  await everythingGoesWrong();
  expect(app.telemetry.spans.length).toBeGreaterThan(5);
  expect(leaksIn(JSON.stringify([app.telemetry.spans, app.telemetry.values]))).toEqual([]);
});

test("nor does a dead letter, the ledger or a circuit say more of a failure than may be read by everybody", async () => {
  await everythingGoesWrong();
  const descriptions = app.bus.arrived.map(({ properties }) => properties?.["failureDescription"]);
  expect(descriptions.filter((one) => one !== undefined).length).toBeGreaterThan(0);
  const failures = app.ledger.all.map(({ lastFailure }) => lastFailure);
  expect(failures.filter((one) => one?.includes("550 5.1.1")).length).toBeGreaterThan(0);
  const circuits = await app.circuits.all();
  expect(leaksIn(JSON.stringify([descriptions, failures, circuits]))).toEqual([]);
});

test("the scan would see it: the same errors, printed as they are", () => {
  expect(leaksIn(`550 5.1.1 <${email}>`)).toEqual([email]);
});
