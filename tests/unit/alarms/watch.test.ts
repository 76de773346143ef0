import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmChange } from "#shared/domain/alarms/alarm.ts";
import { freshWatch, type Observation, watch, type WatchState } from "#shared/domain/alarms/watch.ts";
import { createHandSystem, type HandSystem } from "../../fakes/hand-system.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let clock: HandSystem;
let state: WatchState;
beforeEach(() => {
  clock = createHandSystem();
  state = freshWatch;
});

/** One look at what a test says there is. */
function look(seen: Partial<Omit<Observation, "nowMs">> = {}): string[] {
  const quiet = {
    backlogs: [],
    deadLetters: [],
    oldestDeadLetters: [],
    openCircuits: [],
    orders: { accepted: 0, failed: 0 },
    attempts: { told: 0, attempts: 0 },
  };
  const result = watch(state, { ...quiet, ...seen, nowMs: clock.now() });
  ({ state } = result);
  return result.changes.map(told);
}
const told = ({ change, alarm }: AlarmChange): string =>
  `${alarm.loudness} ${change}: ${alarm.kind}/${alarm.subject}`;
const textOf = (kind: string): string | undefined => state.ringing.find((alarm) => alarm.kind === kind)?.text;

/** The consumer has stopped: what waits first, waits since `oldestSinceMs`. */
const stopped = (oldestSinceMs: number, processedInTenMinutes = 0) => ({
  backlogs: [{ consumer: "customer-email", oldestSinceMs, processedInTenMinutes }],
});
const drained = {
  backlogs: [{ consumer: "customer-email", oldestSinceMs: undefined, processedInTenMinutes: 9 }],
};

describe("the age of a backlog", () => {
  test("is a ticket at ten minutes, a page at 30:00 and not at 29:59, and over when it has drained", () => {
    const since = clock.now();
    clock.advance(10 * MINUTE - SECOND);
    expect(look(stopped(since))).toEqual([]);
    clock.advance(SECOND);
    expect(look(stopped(since))).toEqual(["ticket rings: backlog-age/customer-email"]);
    clock.advance(19 * MINUTE + 59 * SECOND);
    expect(look(stopped(since))).toEqual([]);
    clock.advance(SECOND);
    expect(look(stopped(since))).toEqual(["page louder: backlog-age/customer-email"]);
    clock.advance(MINUTE);
    expect(look(stopped(since))).toEqual([]);
    expect(look(drained)).toEqual(["page over: backlog-age/customer-email"]);
    expect(state.ringing).toEqual([]);
  });

  test("says how long, and what was done in the last ten minutes", () => {
    clock.advance(0);
    look(stopped(clock.now() - 31 * MINUTE, 1234));
    expect(textOf("backlog-age")).toBe(
      "customer-email: the oldest message has been waiting for 31 minutes; processed in the last ten minutes: 1234",
    );
  });

  test("a page that becomes younger stays a page until it is over: nothing flaps", () => {
    look(stopped(clock.now() - 30 * MINUTE));
    expect(look(stopped(clock.now() - 29 * MINUTE))).toEqual([]);
    expect(look(stopped(clock.now() - 30 * MINUTE))).toEqual([]);
    expect(look(stopped(clock.now() - 9 * MINUTE))).toEqual(["page over: backlog-age/customer-email"]);
  });
});

describe("the forecast", () => {
  test("a consumer that stands still is heading for half an hour, and it is said within five minutes", () => {
    const since = clock.now();
    const changes = [];
    for (let minute = 0; minute <= 5; minute++) {
      changes.push(...look(stopped(since, 17)));
      clock.advance(MINUTE);
    }
    expect(changes).toEqual(["ticket rings: heading-for-half-an-hour/customer-email"]);
    expect(textOf("heading-for-half-an-hour")).toBe(
      "customer-email is heading for half an hour: 5 minutes now, half an hour in about 25 minutes; processed in the last ten minutes: 17",
    );
  });

  test("a queue that is old but becomes younger is not heading anywhere", () => {
    for (let minute = 0; minute <= 8; minute++) {
      expect(look(stopped(clock.now() - (9 * MINUTE - minute * 30 * SECOND)))).toEqual([]);
      clock.advance(MINUTE);
    }
  });

  test("a queue that grows too slowly to reach it is left alone", () => {
    for (let minute = 0; minute <= 8; minute++) {
      expect(look(stopped(clock.now() - (4 * MINUTE + minute * 10 * SECOND)))).toEqual([]);
      clock.advance(MINUTE);
    }
  });
});

describe("dead letters", () => {
  const letters = (added: number, fingerprint = "0a1b2c3d") => ({
    deadLetters: [{ fingerprint, queue: "vendor-webhook", reason: "Bug", added }],
  });

  test("a problem not seen before rings once, is a page when it is more than fifty, and is over after an hour", () => {
    expect(look(letters(1))).toEqual(["ticket rings: new-fingerprint/0a1b2c3d"]);
    clock.advance(5 * MINUTE);
    expect(look(letters(49))).toEqual([]);
    expect(look(letters(1))).toEqual(["page louder: new-fingerprint/0a1b2c3d"]);
    clock.advance(HOUR);
    expect(look()).toEqual(["page over: new-fingerprint/0a1b2c3d"]);
  });

  test("the same problem again is nothing new, until it has not been seen for a week", () => {
    look(letters(1));
    clock.advance(HOUR);
    look();
    clock.advance(6 * 24 * HOUR);
    expect(look(letters(1))).toEqual([]);
    clock.advance(7 * 24 * HOUR);
    expect(look(letters(1))).toEqual(["ticket rings: new-fingerprint/0a1b2c3d"]);
  });
});

describe("dead letters that nobody decides about", () => {
  const oldest = (sinceMs: number) => ({ oldestDeadLetters: [{ queue: "stock", sinceMs }] });

  test("are a ticket after four hours, a page after a day, and over when somebody has decided", () => {
    const since = clock.now();
    clock.advance(4 * HOUR - SECOND);
    expect(look(oldest(since))).toEqual([]);
    clock.advance(SECOND);
    expect(look(oldest(since))).toEqual(["ticket rings: forgotten-dead-letters/stock"]);
    expect(textOf("forgotten-dead-letters")).toBe(
      "stock: nobody has decided about a dead letter for 4 hours",
    );
    clock.advance(20 * HOUR - SECOND);
    expect(look(oldest(since))).toEqual([]);
    clock.advance(SECOND);
    expect(look(oldest(since))).toEqual(["page louder: forgotten-dead-letters/stock"]);
    expect(look()).toEqual(["page over: forgotten-dead-letters/stock"]);
  });

  test("that the broker gave up, not we, are a page at once: something ends before it can decide", () => {
    const deadLetters = [
      { fingerprint: "0a1b2c3d", queue: "stock", reason: "MaxDeliveryCountExceeded", added: 1 },
    ];
    expect(look({ deadLetters })).toEqual(["page rings: new-fingerprint/0a1b2c3d"]);
  });
});

describe("attempts per delivery", () => {
  test("above two are a ticket, above four a page, and over when they are two again", () => {
    expect(look({ attempts: { told: 100, attempts: 200 } })).toEqual([]);
    expect(look({ attempts: { told: 100, attempts: 201 } })).toEqual([
      "ticket rings: many-attempts/deliveries",
    ]);
    expect(look({ attempts: { told: 100, attempts: 400 } })).toEqual([]);
    expect(look({ attempts: { told: 100, attempts: 401 } })).toEqual([
      "page louder: many-attempts/deliveries",
    ]);
    expect(look({ attempts: { told: 100, attempts: 200 } })).toEqual(["page over: many-attempts/deliveries"]);
  });

  test("of a few unlucky ones ring nobody", () => {
    expect(look({ attempts: { told: 19, attempts: 190 } })).toEqual([]);
    expect(look({ attempts: { told: 0, attempts: 0 } })).toEqual([]);
  });
});

describe("circuits", () => {
  const open = (key: string, sinceMs: number) => ({ key, sinceMs, held: 12_431 });

  test("an open circuit is told at once, is a page after ten minutes, and over when it closes", () => {
    const since = clock.now();
    expect(look({ openCircuits: [open("mail:acs", since)] })).toEqual([
      "ticket rings: circuit-open/mail:acs",
    ]);
    expect(textOf("circuit-open")).toBe(
      "mail:acs does not answer since 12:00 UTC; 12431 deliveries are held for it",
    );
    clock.advance(10 * MINUTE - 1);
    expect(look({ openCircuits: [open("mail:acs", since)] })).toEqual([]);
    clock.advance(1);
    expect(look({ openCircuits: [open("mail:acs", since)] })).toEqual(["page louder: circuit-open/mail:acs"]);
    expect(look()).toEqual(["page over: circuit-open/mail:acs"]);
  });

  test("two at the same time are a page: there is nobody left to fail over to", () => {
    const openCircuits = [open("mail:acs", clock.now()), open("payments", clock.now())];
    expect(look({ openCircuits }).toSorted()).toEqual([
      "page rings: circuit-open/mail:acs",
      "page rings: circuit-open/payments",
    ]);
  });
});

describe("valid orders that were refused", () => {
  /** As many minutes of the same traffic. */
  function minutesOf(minutes: number, orders: { accepted: number; failed: number }): string[] {
    const changes: string[] = [];
    for (let minute = 0; minute < minutes; minute++) {
      clock.advance(MINUTE);
      changes.push(...look({ orders }));
    }
    return changes;
  }

  test("within the budget of 99.995 % nothing rings", () => {
    expect(minutesOf(24 * 60, { accepted: 100_000, failed: 5 })).toEqual([]);
  });

  test("thirty times the budget is a page within the hour, and over soon after it has stopped", () => {
    minutesOf(60, { accepted: 100_000, failed: 0 });
    const changes = minutesOf(60, { accepted: 100_000, failed: 150 });
    expect(changes).toEqual([
      "ticket rings: orders-refused-burn/orders",
      "page louder: orders-refused-burn/orders",
    ]);
    expect(textOf("orders-refused-burn")).toMatch(/the error budget of 99.995 % burns \d+ times too fast/);
    expect(minutesOf(130, { accepted: 100_000, failed: 0 })).toEqual([
      "page over: orders-refused-burn/orders",
    ]);
  });

  test("a slow burn of four times the budget is a ticket, after hours", () => {
    expect(minutesOf(24 * 60, { accepted: 100_000, failed: 20 })).toEqual([
      "ticket rings: orders-refused-burn/orders",
    ]);
  });

  test("one or two failures at night ring nobody", () => {
    minutesOf(10, { accepted: 1, failed: 0 });
    expect(minutesOf(1, { accepted: 0, failed: 2 })).toEqual([]);
  });
});
