import { z } from "zod";
import { DeliveryDue, OrderEvent } from "#shared/contracts/messages.ts";
import { topology } from "#shared/contracts/topology.ts";

const deliveryQueues = new Set(["vendor-webhook", "vendor-email"]);

const schemaOf = (schema: z.ZodType): unknown => z.toJSONSchema(schema, { io: "input" });

const messageOn = (channel: string): string => (deliveryQueues.has(channel) ? "DeliveryDue" : "OrderEvent");

const channel = (name: string, description: string) => ({
  address: name,
  description,
  messages: { [messageOn(name)]: { $ref: `#/components/messages/${messageOn(name)}` } },
});

/** AsyncAPI 3.0, made from the topology and the message schemas. */
export function asyncApiDocument(): Record<string, unknown> {
  const topics = topology.topics.map((topic) => {
    const readers = topic.subscriptions.map(
      ({ name, forwardTo, rules }) =>
        `${name} → queue ${forwardTo} (${rules.map((rule) => rule.name).join(", ")})`,
    );
    return [topic.name, channel(topic.name, `Topic. Subscriptions: ${readers.join("; ")}`)] as const;
  });
  const queues = topology.queues.map(
    ({ name, maxDeliveryCount, lockDuration }) =>
      [name, channel(name, `Work queue; lock ${lockDuration}, ${maxDeliveryCount} deliveries`)] as const,
  );
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Expedite messages",
      version: "1.0.0",
      description: "CloudEvents 1.0 on Azure Service Bus",
    },
    defaultContentType: "application/cloudevents+json",
    channels: Object.fromEntries([...topics, ...queues]),
    components: {
      messages: {
        OrderEvent: { summary: "Something happened to an order", payload: schemaOf(OrderEvent) },
        DeliveryDue: { summary: "Attempt one delivery of the ledger", payload: schemaOf(DeliveryDue) },
      },
    },
  };
}
