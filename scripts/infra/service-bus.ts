import type { Topology } from "#shared/contracts/topology.ts";

interface Named {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What Azure Resource Manager is sent for a namespace; `properties` are in its own words. */
export interface ServiceBusEntities {
  readonly queues: readonly Named[];
  readonly topics: readonly Named[];
  readonly subscriptions: readonly (Named & { readonly topic: string })[];
  readonly rules: readonly (Named & { readonly topic: string; readonly subscription: string })[];
}

/**
 * A subscription is born with a rule `$Default` that lets everything through. Some of Azure's interfaces take it away
 * when the first rule of one's own is added, others leave it: made inert, it does no harm either way.
 */
const INERT_DEFAULT = {
  name: "$Default",
  properties: { filterType: "SqlFilter", sqlFilter: { sqlExpression: "1=0" } },
};

/** Everything but these; what is new in the topology comes along by itself. */
const allBut = (entity: object, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(entity).filter(([name]) => !names.includes(name)));

/** Flat lists, because Bicep has no loops within loops; each entity names its parents. */
export function serviceBusEntities({ queues, topics }: Topology): ServiceBusEntities {
  return {
    queues: queues.map((queue) => ({ name: queue.name, properties: allBut(queue, ["name"]) })),
    topics: topics.map((topic) => ({
      name: topic.name,
      properties: allBut(topic, ["name", "subscriptions"]),
    })),
    subscriptions: topics.flatMap((topic) =>
      topic.subscriptions.map((subscription) => ({
        topic: topic.name,
        name: subscription.name,
        // A forwarding subscription holds nothing for long; what it cannot forward must not vanish with time.
        properties: {
          ...allBut(subscription, ["name", "rules"]),
          defaultMessageTimeToLive: topic.defaultMessageTimeToLive,
          deadLetteringOnMessageExpiration: true,
          deadLetteringOnFilterEvaluationExceptions: true,
        },
      })),
    ),
    rules: topics.flatMap((topic) =>
      topic.subscriptions.flatMap((subscription) => {
        const own = subscription.rules.map(({ name, correlationFilter }) => ({
          name,
          properties: { filterType: "CorrelationFilter", correlationFilter },
        }));
        const parents = { topic: topic.name, subscription: subscription.name };
        return [INERT_DEFAULT, ...own].map((rule) => ({ ...parents, ...rule }));
      }),
    ),
  };
}
