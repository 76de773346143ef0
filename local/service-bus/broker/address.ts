import { entityNotFound } from "../errors.ts";
import type { Entity } from "./entity.ts";
import type { MessageQueue } from "./message-queue.ts";
import type { Namespace } from "./namespace.ts";

/** An entity and the sub-queue of it that an address names. */
export interface Place {
  readonly entity: Entity;
  readonly queue: MessageQueue;
}

const suffixes = [
  ["/$transfer/$deadletterqueue", "transferDeadLetters"],
  ["/$deadletterqueue", "deadLetters"],
] as const;

const MANAGEMENT = "/$management";

/** The path in an address or audience: no host, no leading or trailing slash. */
export function pathOf(address: string): string {
  return address.replace(/^[a-z]+:\/\/[^/]*/i, "").replaceAll(/^\/+|\/+$/g, "");
}

/** The path that a management address belongs to; undefined when it is none. */
export function managedPath(path: string): string | undefined {
  return path.toLowerCase().endsWith(MANAGEMENT) ? path.slice(0, -MANAGEMENT.length) : undefined;
}

/** What a path names; undefined when there is no such entity. */
export function lookUp(namespace: Namespace, path: string): Place | undefined {
  for (const [suffix, sub] of suffixes) {
    if (!path.toLowerCase().endsWith(suffix)) continue;
    const entity = namespace.find(path.slice(0, -suffix.length));
    return entity === undefined ? undefined : { entity, queue: entity[sub] };
  }
  const entity = namespace.find(path);
  return entity === undefined ? undefined : { entity, queue: entity.main };
}

/** @throws BrokerError (notFound) with the URI as the client knows it */
export function resolve(namespace: Namespace, path: string, host: string): Place {
  const place = lookUp(namespace, path);
  if (place === undefined) throw entityNotFound(`sb://${host}/${path}`);
  return place;
}
