import type { ServiceBusClient, ServiceBusSender } from "@azure/service-bus";
import type { ServiceBusOutput } from "../app/io-bindings.ts";
import type { InvocationRequest, TypedData } from "../worker/wire.ts";
import { childTrace } from "../trace-context.ts";
import { type BindingData, fill } from "./expressions.ts";
import { itemsOf, messageText } from "./output-values.ts";

/** Keeps one sender for each client and entity: opening a link costs more than sending. */
export class Senders {
  readonly #senders = new Map<ServiceBusClient, Map<string, ServiceBusSender>>();

  for(client: ServiceBusClient, entity: string): ServiceBusSender {
    let ofClient = this.#senders.get(client);
    if (ofClient === undefined) this.#senders.set(client, (ofClient = new Map()));
    let sender = ofClient.get(entity);
    if (sender === undefined) ofClient.set(entity, (sender = client.createSender(entity)));
    return sender;
  }
}

/**
 * Sends one message per item, one after the other: neither a batch nor a transaction, so a failure halfway leaves the first ones
 * sent, and whatever repeats the function sends them again. The function has no say in message id, session, subject or
 * properties; the trace goes along as the .NET sender stamps it.
 */
export async function sendMessages(
  output: ServiceBusOutput,
  sender: (entity: string) => ServiceBusSender,
  value: TypedData,
  data: BindingData,
  { invocationId, traceContext }: InvocationRequest,
): Promise<void> {
  const items = itemsOf(value).filter((item) => item !== null);
  if (items.length === 0) return;
  const open = sender(fill(output.entity, data));
  for (const item of items) {
    const { traceParent } = childTrace(traceContext.traceParent);
    await open.sendMessages({
      body: Buffer.from(messageText(item)),
      contentType: "text/plain",
      applicationProperties: {
        $AzureWebJobsParentId: invocationId,
        "Diagnostic-Id": traceParent,
        traceparent: traceParent,
      },
    });
  }
}
