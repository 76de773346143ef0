import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { fromDocument } from "#shared/adapters/cosmos/documents.ts";
import { Circuit, newCircuit } from "#shared/contracts/circuit.ts";
import { Delivery } from "#shared/contracts/delivery.ts";
import { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import { Order } from "#shared/contracts/order.ts";
import { OrderRequest } from "#shared/contracts/order-request.ts";
import { readTolerantly } from "#shared/contracts/read-tolerantly.ts";
import { cancelOrder, confirmOrder } from "#shared/domain/order.ts";
import { answerQuestion, askCustomer } from "#shared/domain/question.ts";
import { aDelivery } from "../../builders/deliveries.ts";
import { aBrand, anApiKey, aVendor, aVendorByMail } from "../../builders/directory.ts";
import { anOccasion, anOrder, anOrderRequest, moved } from "../../builders/orders.ts";

const asked = moved(askCustomer(anOrder(), { reason: "out-of-stock", skus: ["BUTTER"] }, anOccasion()));
const answered = moved(answerQuestion(asked, 1, { choice: "partial" }, anOccasion()));
const cancelled = moved(cancelOrder(moved(confirmOrder(answered, anOccasion())), "why not", anOccasion()));
const circuit: Circuit = {
  ...newCircuit("mail:acs"),
  recent: [{ atMs: 1, successes: 0, failures: 1 }],
  holding: { sinceMs: 1 },
};

/** What is stored, each as this version writes it. */
const stored: Readonly<Record<string, readonly [z.ZodObject, object]>> = {
  "an order that asks its customer": [Order, asked],
  "an order that was answered and cancelled": [Order, cancelled],
  "a delivery": [Delivery, aDelivery()],
  "a circuit": [Circuit, circuit],
  "a brand": [Brand, aBrand()],
  "a vendor with a webhook": [Vendor, aVendor()],
  "a vendor by mail": [Vendor, aVendorByMail()],
  "an API key": [ApiKey, anApiKey("a-key-of-sixteen-or-more")],
};

type Path = readonly (string | number)[];

/** Where an object is within the value, itself included; records with names of their own are not for members. */
function objectsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value).flatMap(([name, member]) => objectsIn(member, [...path, name]));
  const isRecord = path.at(-1) === "outbox" || path.at(-1) === "handedOver";
  return Array.isArray(value) || isRecord ? inside : [path, ...inside];
}

/** The value with one more member at that place. */
function planted(value: object, path: Path, name: string, member: unknown): object {
  const copy: object = structuredClone(value);
  const holder: unknown = path.reduce<unknown>((at, step) => Reflect.get(Object(at), step), copy);
  Reflect.set(Object(holder), name, member);
  return copy;
}

describe.each(Object.entries(stored))("%s that the next version wrote", (_what, [schema, value]) => {
  test("with members that this one does not know, anywhere, is read, and keeps them for the next write", () => {
    const places = fc.array(fc.constantFrom(...objectsIn(value)), { minLength: 1, maxLength: 4 });
    const property = fc.property(places, fc.jsonValue(), (paths, member) => {
      const newer = paths.reduce((at, path, index) => planted(at, path, `new${index}`, member ?? 0), value);
      expect(fromDocument(schema, newer)).toEqual(newer);
    });
    fc.assert(property, { numRuns: 50 });
  });

  test("is refused all the same where something that is known is wrong", () => {
    const [name = ""] = Object.keys(value);
    const wrong = { ...planted(value, [], "newer", 1), [name]: { not: "that" } };
    expect(() => fromDocument(schema, wrong)).toThrow(name);
  });
});

test("what callers send is taken at its word: a member that nobody knows is refused, not lost", () => {
  expect(OrderRequest.safeParse({ ...anOrderRequest(), discont: 5 }).success).toBe(false);
});

test("a value that is no object is refused without a search for members", () => {
  for (const value of [null, undefined, "text", 7, []]) {
    expect(readTolerantly(Order, value).success).toBe(false);
  }
});
