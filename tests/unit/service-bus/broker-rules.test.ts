import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { checkToken } from "#local/service-bus/access/sas.ts";
import { parseDuration } from "#local/service-bus/broker/duration.ts";
import { Locks } from "#local/service-bus/broker/locks.ts";
import { reorderGuid } from "#local/service-bus/amqp/management/lock-tokens.ts";
import { NEVER } from "#local/service-bus/limits.ts";
import { type Head, State } from "#local/service-bus/store/messages.ts";

test.each([
  ["PT30S", 30_000],
  ["PT1M", 60_000],
  ["P14D", 14 * 86_400_000],
  ["P1DT2H3M4.5S", 93_784_500],
  ["P10675199DT2H48M5.4775807S", NEVER],
])("%s is %d ms", (value, ms) => {
  expect(parseDuration(value)).toBe(ms);
});

test.each(["", "P", "PT", "5 minutes", "P1Y", "PT-5S"])("'%s' is no duration", (value) => {
  expect(parseDuration(value)).toSatisfy((ms: unknown) => ms === undefined || ms === 0);
});

const keys = [{ name: "reader", key: "secret", claims: ["Listen"] }] as const;
const NOW = 1_780_000_000_000;
function token(resource: string, key = "secret", expiry = NOW / 1000 + 60, name = "reader"): string {
  const sr = encodeURIComponent(resource);
  const sig = createHmac("sha256", key).update(`${sr}\n${expiry}`).digest("base64");
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${expiry}&skn=${name}`;
}

test("a token opens its resource and what lies below, until it expires", () => {
  const audience = "sb://localhost/orders/Subscriptions/mail";
  expect([...checkToken(token(audience), audience, keys, NOW).claims]).toEqual(["Listen"]);
  expect(checkToken(token("sb://localhost/"), audience, keys, NOW).expiresAt).toBe(NOW + 60_000);
  expect(checkToken(token("SB://localhost/ORDERS"), audience, keys, NOW)).toBeDefined();
});

test.each([
  ["another key", token("sb://localhost/q", "guess")],
  ["another key's name", token("sb://localhost/q", "secret", NOW / 1000 + 60, "writer")],
  ["another resource", token("sb://localhost/q2")],
  ["a resource that only begins alike", token("sb://localhost/qu")],
  ["an expired token", token("sb://localhost/q", "secret", NOW / 1000 - 1)],
  ["no expiry", token("sb://localhost/q", "secret", Number.NaN)],
  ["something else", "Bearer abc"],
  ["nothing", ""],
])("%s is unauthorized", (_, presented) => {
  expect(() => checkToken(presented, "sb://localhost/q", keys, NOW)).toThrow(/Unauthorized access/);
});

test("Manage includes Listen and Send", () => {
  const manager = [{ name: "reader", key: "secret", claims: ["Manage"] }] as const;
  const { claims } = checkToken(token("sb://localhost/q"), "sb://localhost/q", manager, NOW);
  expect([...claims].toSorted()).toEqual(["Listen", "Manage", "Send"]);
});

const head = (sequence: number): Head => ({
  queue: 4,
  sequence,
  state: State.active,
  enqueuedAt: 0,
  enqueueSequence: sequence,
  expiresAt: NEVER,
  early: 0,
  scheduledAt: 0,
  deliveryCount: 0,
  source: null,
  session: null,
  content: sequence,
  size: 1,
});

test("a lock is found by its token until it runs out, and only by that", () => {
  const locks = new Locks();
  const lock = locks.take(head(7), 1000);
  expect(locks.find(lock.token, 999)).toBe(lock);
  expect(locks.find(lock.token, 1000)).toBeUndefined();
  const other = Buffer.from(lock.token);
  other[0] = (other[0] ?? 0) ^ 1;
  expect(locks.find(other, 0)).toBeUndefined();
  expect(locks.release(lock, 500)).toBe(true);
  expect(locks.release(lock, 500)).toBe(false);
});

test("locks run out in order of their time, also after renewals and a shorter lock duration", () => {
  const locks = new Locks();
  const [first, second, third] = [
    locks.take(head(1), 100),
    locks.take(head(2), 110),
    locks.take(head(3), 50),
  ];
  locks.renew(first, 200);
  expect(locks.nextExpiry()).toBe(50);
  expect(locks.expire(60)).toEqual([third]);
  expect(locks.expire(150)).toEqual([second]);
  expect(locks.nextExpiry()).toBe(200);
});

test("a lock token is a Guid in .NET's byte order, and back", () => {
  const bytes = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  expect(reorderGuid(bytes).toString("hex")).toBe("33221100554477668899aabbccddeeff");
  expect(reorderGuid(reorderGuid(bytes))).toEqual(bytes);
});
