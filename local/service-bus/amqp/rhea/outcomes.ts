import { decodeValue, MalformedAmqp } from "../../wire/decode.ts";
import { ACCEPTED } from "../../wire/frames.ts";
import type { AmqpMap, AmqpValue } from "../../wire/values.ts";
import type { Outcome } from "../links.ts";

const codes: Readonly<Record<string, number>> = {
  "amqp:accepted:list": 0x24,
  "amqp:rejected:list": 0x25,
  "amqp:released:list": 0x26,
  "amqp:modified:list": 0x27,
};

const accepted: Outcome = { kind: "accepted" };

/**
 * What an encoded delivery state asks for; undefined for a state that settles nothing (received, or none at all).
 * @throws MalformedAmqp
 */
export function outcomeOf(state: Buffer | undefined): Outcome | undefined {
  if (state === undefined) return undefined;
  if (state.equals(ACCEPTED)) return accepted;
  const [value] = decodeValue(state);
  if (value.type !== "described") throw new MalformedAmqp("a delivery state has no descriptor");
  const code = codeOf(value.descriptor);
  if (code === 0x24) return accepted;
  if (code === 0x26) return { kind: "released" };
  if (code === 0x25) return { kind: "rejected", info: errorInfo(fieldsOf(value.value)[0]) };
  if (code !== 0x27) return undefined;
  const [, undeliverableHere, annotations] = fieldsOf(value.value);
  return {
    kind: "modified",
    undeliverableHere: undeliverableHere?.type === "boolean" && undeliverableHere.value,
    annotations: annotations?.type === "map" ? annotations : undefined,
  };
}

function codeOf(descriptor: AmqpValue): number | undefined {
  if (descriptor.type === "symbol") return codes[descriptor.value];
  return descriptor.type === "ulong" ? Number(descriptor.value) : undefined;
}

function fieldsOf(value: AmqpValue): readonly AmqpValue[] {
  if (value.type !== "list") throw new MalformedAmqp("an outcome is no list");
  return value.value;
}

function errorInfo(error: AmqpValue | undefined): AmqpMap | undefined {
  if (error?.type !== "described" || error.value.type !== "list") return undefined;
  const info = error.value.value[2];
  return info?.type === "map" ? info : undefined;
}
