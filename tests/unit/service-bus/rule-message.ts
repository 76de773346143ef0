import type { Filter, NewRule, Rule } from "#local/service-bus/rules/rule.ts";
import { filterFromSql } from "#local/service-bus/rules/new-rule.ts";
import { candidateOf, route } from "#local/service-bus/rules/route.ts";
import { encodeSection } from "#local/service-bus/wire/encode.ts";
import { Section } from "#local/service-bus/wire/sections.ts";
import {
  type AmqpValue,
  binary,
  list,
  mapOf,
  nothing,
  symbol,
  text,
  timestamp,
  uuid,
} from "#local/service-bus/wire/values.ts";

export const ID = Buffer.from("00112233445566778899aabbccddeeff", "hex");
const properties: Readonly<Record<string, AmqpValue>> = {
  brand: text("b"),
  Colour: text("Red"),
  size: { type: "int", value: 5 },
  price: { type: "double", value: 2.5 },
  big: { type: "long", value: 2n ** 60n },
  urgent: { type: "boolean", value: true },
  at: timestamp(Date.UTC(2026, 0, 1)),
  id: uuid(ID),
  raw: binary(Buffer.from("abc")),
  nil: nothing,
  odd: list([]),
};
/** A message with a property of every kind. */
export const payload = Buffer.concat([
  encodeSection(Section.header, list([])),
  encodeSection(Section.messageAnnotations, {
    type: "map",
    value: [[symbol("x-opt-partition-key"), text("p-1")]],
  }),
  encodeSection(Section.properties, list([text("id"), nothing, text("to"), text("placed")])),
  encodeSection(Section.applicationProperties, mapOf(properties)),
  encodeSection(Section.data, binary(Buffer.from("body"))),
]);
export const arrival = {
  enqueuedAt: Date.UTC(2026, 5, 1),
  sequence: 42,
  timeToLiveMs: 90_000,
  size: 512,
  source: null,
};
export const rule = (filter: Filter, action?: NewRule["action"]): Rule => ({
  name: "r",
  createdAt: 0,
  filter,
  action,
});
export const selects = (filter: Filter): boolean => {
  const { asSent, faults } = route([rule(filter)], candidateOf(payload, arrival));
  if (faults.length > 0) throw new Error(faults[0]);
  return asSent;
};

export const sql = (expression: string, parameters = {}): boolean =>
  selects(filterFromSql(expression, parameters));
