import { createRequire } from "node:module";
import { decodeValue, MalformedAmqp } from "../../wire/decode.ts";
import type { AmqpMap, AmqpValue } from "../../wire/values.ts";
import type { Outcome } from "../links.ts";
import type { RheaDescribed, RheaTypes } from "./internals.ts";

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- untyped module, see internals.ts
const { Writer } = createRequire(import.meta.url)("rhea/lib/types.js") as RheaTypes;

const codes: Readonly<Record<string, number>> = {
  "amqp:accepted:list": 0x24,
  "amqp:rejected:list": 0x25,
  "amqp:released:list": 0x26,
  "amqp:modified:list": 0x27,
};

const accepted: Outcome = { kind: "accepted" };

/** Undefined for a state that settles nothing (received, or none at all). */
export function outcomeOf(state: RheaDescribed | null | undefined): Outcome | undefined {
  if (state === null || state === undefined) return undefined;
  const code = codes[String(state.descriptor.value)] ?? Number(state.descriptor.value);
  if (code === 0x24) return accepted;
  if (code === 0x26) return { kind: "released" };
  if (code === 0x25) return { kind: "rejected", info: errorInfo(fieldsOf(state)[0]) };
  if (code !== 0x27) return undefined;
  const [, undeliverableHere, annotations] = fieldsOf(state);
  return {
    kind: "modified",
    undeliverableHere: undeliverableHere?.type === "boolean" && undeliverableHere.value,
    annotations: annotations?.type === "map" ? annotations : undefined,
  };
}

/** rhea drops the types of map values; written back and decoded by us they are kept. */
function fieldsOf(state: RheaDescribed): readonly AmqpValue[] {
  const writer = new Writer();
  writer.write(state);
  const [value] = decodeValue(writer.toBuffer());
  if (value.type !== "described" || value.value.type !== "list")
    throw new MalformedAmqp("an outcome is no list");
  return value.value.value;
}

function errorInfo(error: AmqpValue | undefined): AmqpMap | undefined {
  if (error?.type !== "described" || error.value.type !== "list") return undefined;
  const info = error.value.value[2];
  return info?.type === "map" ? info : undefined;
}
