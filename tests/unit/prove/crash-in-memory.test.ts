import { expect, test } from "vitest";
import { anOrderRequest } from "../../builders/orders.ts";
import { KEYS } from "../../fakes/memory-app.ts";
import { type Death, MortalWorld } from "./mortal-world.ts";

/**
 * The small sister of `npm run prove`: the same functions on ports in memory, killed before and after every port call.
 * It finds what is wrong with the order of steps within a second; what the genuine clients do is proven there.
 */
interface Story {
  readonly name: string;
  readonly play: (world: MortalWorld) => Promise<void>;
  /** What the partners must have seen at the end, sorted. */
  readonly seen: readonly string[];
}

const HOUR = 3_600_000;
const RECEIVED = "order-received to sam@example.com";
const CONFIRMED = [
  "authorise",
  "capture",
  "order-confirmed to sam@example.com",
  RECEIVED,
  "order.confirmed.v1 to vendor-mill",
  "vendor-new-order to orders@dairy.example",
];
const TAKEN_BACK = [
  "order-cancelled to sam@example.com",
  "order-refunded to sam@example.com",
  "order.cancelled.v1 to vendor-mill",
  "refund",
  "vendor-order-cancelled to orders@dairy.example",
];

const despite = (name: string, befall: (world: MortalWorld) => void): Story => ({
  name,
  seen: CONFIRMED,
  async play(world) {
    befall(world);
    await world.place(anOrderRequest());
    await world.rest();
  },
});

const stories: readonly Story[] = [
  despite("an order goes through", () => undefined),
  despite("payments take effect without an answer", ({ stores }) => {
    stores.payments.trouble("answer-lost");
    stores.payments.trouble("answer-lost");
  }),
  despite("mails are throttled and then taken without an answer", ({ stores }) => {
    for (const trouble of ["throttled", "down", "answer-lost"] as const) stores.mailer.trouble(trouble);
  }),
  despite("a vendor refuses, and then hangs up", ({ stores }) => {
    stores.webhooks.answer({ status: 503 });
    stores.webhooks.answer("hang-up");
  }),
  {
    name: "a confirmed order is cancelled",
    seen: [...CONFIRMED, ...TAKEN_BACK],
    async play(world) {
      const id = await world.place(anOrderRequest());
      await world.rest();
      await world.cancel(id);
      await world.rest();
    },
  },
  {
    name: "an order is cancelled at once",
    seen: [RECEIVED, "order-cancelled to sam@example.com"],
    async play(world) {
      world.stores.bus.breakDown("inventory", "notifications");
      const id = await world.place(anOrderRequest());
      await world.cancel(id);
      world.stores.bus.mend();
      await world.rest();
    },
  },
  {
    name: "the card is declined",
    seen: [RECEIVED, "order-attention to sam@example.com"],
    async play(world) {
      await world.place(anOrderRequest({ payment: { token: "tok_declined" } }));
      await world.rest();
    },
  },
  {
    name: "the card is declined, another one is not, and one vendor hands over",
    seen: [...CONFIRMED, "order-attention to sam@example.com"],
    async play(world) {
      const id = await world.place(anOrderRequest({ payment: { token: "tok_declined" } }));
      await world.rest();
      await world.answer({ choice: "new-card", token: "tok_visa" });
      await world.rest();
      await world.handOver(id, KEYS.vendor);
      await world.rest();
    },
  },
  {
    name: "goods are missing, the customer goes without, and all is handed over",
    seen: [
      ...CONFIRMED.filter((effect) => !effect.endsWith("dairy.example")),
      "order-attention to sam@example.com",
      "order-fulfilled to sam@example.com",
    ],
    async play(world) {
      world.stores.stock.setAvailable("BUTTER", 0);
      const id = await world.place(anOrderRequest());
      await world.rest();
      await world.answer({ choice: "partial" });
      await world.rest();
      await world.handOver(id, KEYS.vendor);
      await world.rest();
      expect(world.stores.orders.all[0]?.stock.state).toBe("sold");
    },
  },
  {
    name: "the card is declined, and nobody answers",
    seen: [
      RECEIVED,
      ...["attention", "attention-reminder", "cancelled"].map((mail) => `order-${mail} to sam@example.com`),
    ],
    async play(world) {
      await world.place(anOrderRequest({ payment: { token: "tok_declined" } }));
      await world.rest();
      for (const hours of [49, 24]) {
        world.stores.system.advance(hours * HOUR);
        // A timer that dies runs again a minute later.
        for (let minute = 0; minute < 3; minute++) await world.aMinute();
        await world.rest();
      }
      expect(world.stores.orders.all[0]?.status).toBe("cancelled");
    },
  },
];

function seenIn({ stores: { payments, mailer, webhooks } }: MortalWorld): string[] {
  const mails = mailer.inbox.map(({ to, headers }) => `${headers["X-Expedite-Template"]} to ${to.address}`);
  // A receiver knows a repeat by its id.
  const notices = new Map(webhooks.received.map(({ id, body }) => [id, JSON.parse(body)]));
  return [
    ...payments.effects.map(({ step }) => step),
    ...mails,
    ...[...notices.values()].map(({ type, data }) => `${type} to ${data.vendorId}`),
  ].toSorted();
}

/** Plays the story with these deaths and answers how many port calls there were. */
async function expectSeen(story: Story, deaths: readonly Death[]): Promise<number> {
  const world = new MortalWorld(deaths);
  await story.play(world);
  expect({ deaths, seen: seenIn(world) }).toEqual({ deaths, seen: story.seen.toSorted() });
  expect({ deaths, free: world.stores.stock.available("PANCAKE-MIX") % 2 }).toEqual({ deaths, free: 0 });
  // A death may make the course so much shorter that it ends before the second one's turn.
  expect(world.deaths).toBe(deaths.filter(({ call }) => call < world.calls).length);
  return world.calls;
}

const phases = ["before", "after"] as const;

test.each(stories)("$name: killed at any one port call, every effect stands once", async (story) => {
  const calls = await expectSeen(story, []);
  expect(calls).toBeGreaterThan(20);
  for (let call = 0; call < calls; call++) {
    for (const phase of phases) await expectSeen(story, [{ call, phase }]);
  }
});

test.each(stories)("$name: killed twice, every effect stands once", async (story) => {
  const calls = await expectSeen(story, []);
  for (let first = 0; first < calls - 1; first += 3) {
    // Close to each other, so that the second one hits what repairs the first; and far away.
    for (const second of [first + 1, first + 2, first + 4, first + 9]) {
      if (second >= calls) continue;
      const deaths = [first, second].map((call) => ({ call, phase: phases[(call >> 1) % 2] ?? "after" }));
      await expectSeen(story, deaths);
    }
  }
});
