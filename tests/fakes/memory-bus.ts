import { topology, type QueueName, type TopicName } from "#shared/contracts/topology.ts";
import type { Bus, OutgoingMessage } from "#shared/ports/bus.ts";
import { TransientFault } from "#shared/ports/faults.ts";
import type { System } from "#shared/ports/system.ts";

/** As the topology has it, PT30M. */
const REMEMBER_DUPLICATES_MS = 30 * 60 * 1000;

export interface ArrivedMessage extends OutgoingMessage {
  /** Where it was sent to. */
  readonly target: TopicName | QueueName;
}

/** A broker in memory with the app's own topology: topics forward to queues by their rules, repeats are dropped. */
export interface MemoryBus extends Bus {
  /** Everything that arrived, in order; repeats are not in it. */
  readonly arrived: readonly ArrivedMessage[];
  /** Nothing reaches these any more; `mend` ends it. */
  breakDown(...targets: readonly (TopicName | QueueName)[]): void;
  mend(): void;
  /** Takes the messages of a queue that are due, the oldest first. */
  take(queue: QueueName): OutgoingMessage[];
  /** When the next message that is held back will be due, in milliseconds since the Unix epoch. */
  nextDueMs(): number | undefined;
}

export function createMemoryBus(system: Pick<System, "now">): MemoryBus {
  const arrived: ArrivedMessage[] = [];
  const seen = new Map<string, number>();
  const broken = new Set<TopicName | QueueName>();
  const waiting: { readonly queue: QueueName; readonly message: OutgoingMessage }[] = [];

  const isNew = (target: TopicName | QueueName, { messageId }: OutgoingMessage): boolean => {
    const name = `${target}\n${messageId}`;
    const lastMs = seen.get(name);
    if (lastMs !== undefined && system.now() < lastMs + REMEMBER_DUPLICATES_MS) return false;
    seen.set(name, system.now());
    return true;
  };
  const isDue = ({ notBeforeMs = 0 }: OutgoingMessage): boolean => notBeforeMs <= system.now();

  return {
    arrived,
    breakDown: (...targets) => targets.forEach((target) => broken.add(target)),
    mend: () => broken.clear(),
    send(target, messages) {
      if (broken.has(target)) return Promise.reject(new TransientFault(`${target} cannot be reached`));
      for (const message of structuredClone([...messages])) {
        if (!isNew(target, message)) continue;
        arrived.push({ ...message, target });
        for (const queue of queuesOf(target, message.subject)) {
          if (queue === target || isNew(queue, message)) waiting.push({ queue, message });
        }
      }
      return Promise.resolve();
    },
    take(queue) {
      const taken = waiting.filter((held) => held.queue === queue && isDue(held.message));
      for (const held of taken) waiting.splice(waiting.indexOf(held), 1);
      return taken.map(({ message }) => message);
    },
    nextDueMs() {
      const times = waiting.map(({ message }) => message.notBeforeMs ?? 0).filter((at) => at > system.now());
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}

/** A queue itself; for a topic, where its subscriptions forward this subject to. */
function queuesOf(target: TopicName | QueueName, subject: string): QueueName[] {
  const queue = topology.queues.find(({ name }) => name === target);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the topology's queues are made from the list of names
  if (queue !== undefined) return [queue.name as QueueName];
  const subscriptions = topology.topics.find(({ name }) => name === target)?.subscriptions ?? [];
  return subscriptions
    .filter(({ rules }) => rules.some(({ correlationFilter }) => correlationFilter.label === subject))
    .map(({ forwardTo }) => forwardTo);
}
