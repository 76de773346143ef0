import { randomUUID } from "node:crypto";
import type { IndexedFunction } from "./app/index-functions.ts";
import { childTrace } from "./trace-context.ts";
import type { InvocationRequest, TypedData } from "./worker/wire.ts";

/**
 * One run that nothing has triggered. A timer is told of no earlier run and is not late; to the others `input` is the message's
 * body or the changed documents, without metadata.
 *
 * @param input as text, as https://learn.microsoft.com/azure/azure-functions/functions-manually-run-non-http says.
 * @returns undefined for a function with an address of its own.
 */
export function requestByHand(target: IndexedFunction, input: string): InvocationRequest | undefined {
  const data = dataFor(target, input);
  if (data === undefined) return undefined;
  return {
    invocationId: randomUUID(),
    functionName: target.name,
    inputData: [{ name: target.triggerName, data }],
    triggerMetadata: {},
    traceContext: childTrace(undefined),
  };
}

function dataFor(target: IndexedFunction, input: string): TypedData | undefined {
  if (target.trigger === "http") return undefined;
  if (target.trigger === "timer") {
    const { adjustForDst } = target.occurrences;
    const timer = { Schedule: { AdjustForDST: adjustForDst }, ScheduleStatus: null, IsPastDue: false };
    return { json: JSON.stringify(timer) };
  }
  if (target.trigger === "cosmosDB") return { string: input };
  const bytes = Buffer.from(input);
  if (!target.batches) return target.binary ? { bytes } : { string: input };
  return target.binary ? { collectionBytes: { bytes: [bytes] } } : { collectionString: { string: [input] } };
}
