import type { Claim } from "../../access/sas.ts";
import type { Place } from "../../broker/address.ts";
import type { Namespace } from "../../broker/namespace.ts";
import type { Peer } from "../links.ts";
import { BrokerError } from "../../errors.ts";
import { type AmqpMap, type AmqpValue, entryOf, integerOf, textOf } from "../../wire/values.ts";

/** What an operation is asked and where. */
export interface OperationCall {
  readonly namespace: Namespace;
  readonly place: Place;
  readonly body: AmqpMap;
  /** Who asks: the connection, and the receiver link on whose behalf, if it says so. */
  readonly requester: { readonly peer: Peer; readonly link: string | undefined };
}

/** The reply's body, or undefined for "nothing there" (status 204). */
export type OperationResult = AmqpMap | undefined;

export interface Operation {
  /** One of these claims is enough. */
  readonly claims: readonly Claim[];
  run(call: OperationCall): Promise<OperationResult> | OperationResult;
}

/** @throws BrokerError (invalid) when the field is missing or no integer */
export function integerField(body: AmqpMap, name: string): number {
  const value = integerOf(entryOf(body, name));
  if (value === undefined) throw missing(name);
  return value;
}

/** @throws BrokerError (invalid) when the field is no array or list */
export function arrayField(body: AmqpMap, name: string): readonly AmqpValue[] {
  const value = entryOf(body, name);
  if (value?.type !== "array" && value?.type !== "list") throw missing(name);
  return value.value;
}

/** @throws BrokerError (invalid) when the field is no text */
export function textField(body: AmqpMap, name: string): string {
  const value = textOf(entryOf(body, name));
  if (value === undefined) throw missing(name);
  return value;
}

/** @throws BrokerError (invalid) when an element is no integer */
export function sequenceNumbers(body: AmqpMap): number[] {
  return arrayField(body, "sequence-numbers").map((item) => {
    const value = integerOf(item);
    if (value === undefined) throw missing("sequence-numbers");
    return value;
  });
}

const missing = (name: string): BrokerError =>
  new BrokerError("invalid", `The request's field '${name}' is missing or of the wrong type.`);
