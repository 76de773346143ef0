import { expect, test } from "vitest";
import { translateCosmosError } from "#shared/adapters/cosmos/cosmos-faults.ts";
import { TransientFault } from "#shared/ports/faults.ts";

const error = (members: object, cause?: unknown): Error =>
  Object.assign(new Error("words", cause === undefined ? {} : { cause }), members);
const translated = (given: unknown): unknown => {
  try {
    return translateCosmosError(given);
  } catch (thrown) {
    return thrown;
  }
};

test.each<readonly [string, unknown]>([
  ["a refused connection", error({ code: "ECONNREFUSED" })],
  [
    "a connection that was refused underneath",
    new TypeError("fetch failed", { cause: error({ code: "ECONNRESET" }) }),
  ],
  ["a time-out of the client", error({ code: "TimeoutError" })],
  ["a call that was given up", error({ name: "AbortError" })],
  ["a throttled call", error({ code: 429 })],
  ["a service that fails", error({ code: 503 })],
  ["a wrong key, which somebody will mend", error({ code: 401 })],
])("%s is transient", (_what, given) => {
  expect(translated(given)).toBeInstanceOf(TransientFault);
});

test.each<readonly [string, unknown]>([
  ["a TypeError", new TypeError("x is not a function")],
  ["an address that is none", error({ code: "ERR_INVALID_URL" })],
  ["a request that is wrong", error({ code: 400 })],
  ["a document that is too large", error({ code: 413 })],
])("%s is a bug of ours, and stays what it is", (_what, given) => {
  expect(translated(given)).toBe(given);
});
