import type { ServiceBusSettings } from "../app/host-json.ts";
import type { HttpFunction, IndexedFunction, ServiceBusFunction } from "../app/index-functions.ts";
import { messagesPerInstance } from "../service-bus/concurrency.ts";
import type { Demand } from "./decide.ts";

export interface DemandSources {
  readonly serviceBus: ServiceBusSettings;
  /** Messages that wait for a function or are being worked on; undefined when nobody can say. */
  readonly backlog: (target: ServiceBusFunction) => Promise<number | undefined>;
  /** Requests under way or held. */
  readonly outstandingRequests: () => number;
  readonly httpConcurrency: number;
}

const isHttp = (each: IndexedFunction): each is HttpFunction => each.trigger === "http";
const isServiceBus = (each: IndexedFunction): each is ServiceBusFunction => each.trigger === "serviceBus";

/** What the functions of one group have to do right now. Timers demand nothing: whoever fires one wakes an instance. */
export async function demandsOf(
  functions: readonly IndexedFunction[],
  sources: DemandSources,
): Promise<Demand[]> {
  const requests: Demand[] = functions.some(isHttp)
    ? [{ source: "http", active: sources.outstandingRequests(), concurrency: sources.httpConcurrency }]
    : [];
  const queues = functions.filter(isServiceBus).map(async (each): Promise<Demand> => {
    const active = await sources.backlog(each);
    return { source: each.name, active, concurrency: messagesPerInstance(each, sources.serviceBus) };
  });
  return [...requests, ...(await Promise.all(queues))];
}
