import { describe, expect, test } from "vitest";
import { customerEvents, eventTypes } from "#shared/contracts/order.ts";
import { queueNames, topicNames, topology } from "#shared/contracts/topology.ts";
import { budgetsMs } from "#shared/domain/retry.ts";

const DAY = 24 * 60 * 60 * 1000;
const daysOf = (duration: string): number => Number(/^P(\d+)D$/.exec(duration)?.[1]) * DAY;
const longestBudget = Math.max(...Object.values(budgetsMs));

describe("the topology", () => {
  test("has the topics and queues that its names promise, each once", () => {
    expect(topology.queues.map(({ name }) => name)).toEqual([...queueNames]);
    expect(topology.topics.map(({ name }) => name)).toEqual([...topicNames]);
  });

  test("every subscription forwards to a queue, and every filter asks for an event that exists", () => {
    for (const { forwardTo, rules } of topology.topics.flatMap(({ subscriptions }) => subscriptions)) {
      expect(queueNames).toContain(forwardTo);
      expect(rules.length).toBeGreaterThan(0);
      for (const { correlationFilter } of rules) expect(eventTypes).toContain(correlationFilter.label);
    }
  });

  test("the customer hears of every event that there is a mail about", () => {
    const toCustomer = topology.topics
      .flatMap(({ subscriptions }) => subscriptions)
      .find(({ name }) => name === "customer-email");
    expect(toCustomer?.rules.map(({ correlationFilter }) => correlationFilter.label)).toEqual([
      ...customerEvents,
    ]);
  });

  test("no message expires while it may still be retried", () => {
    for (const { defaultMessageTimeToLive } of [...topology.queues, ...topology.topics]) {
      expect(daysOf(defaultMessageTimeToLive)).toBeGreaterThan(longestBudget + DAY);
    }
  });

  test("repeats are recognised everywhere: retries, the sweep and a crash between two steps rely on it", () => {
    for (const entity of [...topology.queues, ...topology.topics]) {
      expect(entity.requiresDuplicateDetection).toBe(true);
    }
  });

  test("what expires is kept as a dead letter", () => {
    for (const queue of topology.queues) expect(queue.deadLetteringOnMessageExpiration).toBe(true);
  });
});
