import type { MessageFields } from "../message/fields.ts";
import { type AmqpMap, type AmqpValue, textOf } from "../wire/values.ts";
import type { Properties } from "./sql/evaluate.ts";
import { type Arrival, readSystem } from "./sql/system-properties.ts";
import { sqlValueOf } from "./sql/values.ts";

/** A message's properties as expressions see them. */
export const propertiesOf = (fields: MessageFields, arrival: Arrival): Properties => ({
  system: (name) => readSystem(name, fields, arrival),
  user: (name) => {
    const entry = findProperty(fields.applicationProperties(), name);
    return entry === undefined ? undefined : sqlValueOf(entry[1]);
  },
  hasUser: (name) => findProperty(fields.applicationProperties(), name) !== undefined,
});

/** A property by its name in any case; the exact name goes first. */
export function findProperty(
  { value }: AmqpMap,
  name: string,
): readonly [key: AmqpValue, value: AmqpValue] | undefined {
  const exact = value.find(([key]) => textOf(key) === name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  return value.find(([key]) => textOf(key)?.toLowerCase() === lower);
}
