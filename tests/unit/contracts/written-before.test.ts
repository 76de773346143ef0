import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { fromDocument } from "#shared/adapters/cosmos/documents.ts";
import { Circuit } from "#shared/contracts/circuit.ts";
import { Delivery } from "#shared/contracts/delivery.ts";
import { ApiKey, Brand, Vendor } from "#shared/contracts/directory.ts";
import { Finding } from "#shared/contracts/finding.ts";
import { DeliveryDue, OrderEvent } from "#shared/contracts/messages.ts";
import { messageProperties } from "#shared/contracts/message-properties.ts";
import { Order } from "#shared/contracts/order.ts";
import { WatchRecord } from "#shared/contracts/watch.ts";

/*
 * Documents and messages as releases wrote them, one file for each release that changed what is written. They wait in stores,
 * queues and dead-letter queues for as long as anybody needs them: a file is never changed, only a newer one added beside it.
 */
const folder = new URL("../../fixtures/written-by/", import.meta.url);

const Samples = z.record(z.string(), z.record(z.string(), z.unknown()));
const Written = z.strictObject({
  documents: Samples,
  messages: Samples,
  properties: z.record(z.string(), z.unknown()),
});

const schemas: Readonly<Record<string, z.ZodObject>> = {
  Order,
  Delivery,
  Circuit,
  Brand,
  Vendor,
  ApiKey,
  Finding,
  WatchRecord,
  OrderEvent,
  DeliveryDue,
};

const releases = readdirSync(folder).map((file) => ({
  file,
  written: Written.parse(JSON.parse(readFileSync(new URL(file, folder), "utf8"))),
}));

describe.each(releases)(
  "what a release wrote ($file)",
  ({ written: { documents, messages, properties } }) => {
    const samples = Object.entries({ ...documents, ...messages }).flatMap(([contract, ofContract]) =>
      Object.entries(ofContract).map(([what, value]) => [contract, what, value] as const),
    );

    test.each(samples)("%s, %s, is read by this one, and nothing of it is lost", (contract, _what, value) => {
      const schema = schemas[contract];
      if (schema === undefined) throw new Error(`There is no contract ${contract} any more`);
      expect(fromDocument(schema, value)).toEqual(value);
    });

    test("the properties of its messages still have their names", () => {
      expect(Object.values(messageProperties)).toEqual(expect.arrayContaining(Object.keys(properties)));
    });
  },
);

test("there is a sample of every state that an order or a delivery can be in", () => {
  const statesOf = (contract: string, field: string): Set<unknown> =>
    new Set(
      releases.flatMap(({ written: { documents } }) =>
        Object.values(documents[contract] ?? {}).map((sample) => Reflect.get(Object(sample), field)),
      ),
    );
  expect(statesOf("Order", "status")).toEqual(new Set(Order.shape.status.options));
  expect(statesOf("Delivery", "state")).toEqual(new Set(Delivery.shape.state.options));
});
