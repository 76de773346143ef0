import type { PartOptions } from "../../part.ts";
import { BrokerError } from "../errors.ts";
import type { Rule } from "../rules/rule.ts";
import { readStoredRule } from "../rules/stored-rule.ts";
import type { EntityRow } from "../store/entities.ts";
import type { Tally } from "../store/messages.ts";
import type { Store } from "../store/store.ts";
import { defaults, type Description, timingOf } from "./description.ts";
import { Due } from "./due.ts";
import { forwardWaiting } from "./forwarding.ts";
import {
  type Entity,
  type QueueEntity,
  SUB_QUEUES,
  type SubscriptionEntity,
  SubQueue,
  type TopicEntity,
} from "./entity.ts";
import type { Machinery, QueueSettings } from "./machinery.ts";
import { MessageQueue } from "./message-queue.ts";
import { Publisher } from "./publisher.ts";
import { Schedule } from "./schedule.ts";

const PRUNE_EVERY_MS = 60_000;

const keyOf = (path: string): string => path.toLowerCase();

/** All entities and their queues, in memory and on disk. `entity-admin.ts` creates and deletes them. */
export class Namespace {
  readonly store: Store;
  readonly machinery: Machinery;
  readonly publisher: Publisher;
  readonly #entities = new Map<string, Entity>();
  readonly #schedules = new Map<number, Schedule>();
  readonly #watchers = new Map<Entity, Set<() => void>>();
  readonly #pruning: Due;
  #stopped = false;

  constructor({ clock, log }: PartOptions, store: Store) {
    this.store = store;
    const { journal, messages, sequences, sessions, duplicates } = store;
    this.machinery = { clock, log, journal, messages, sequences, sessions };
    this.publisher = new Publisher({
      clock,
      journal,
      messages,
      duplicates,
      target: (name) => this.destination(name),
      onScheduled: (entity, at) => this.#schedules.get(entity.id)?.by(at),
    });
    this.#load();
    this.#pruning = new Due(clock, () => this.#prune());
    this.#pruning.by(clock.now() + PRUNE_EVERY_MS);
  }

  /** The entity at a path (any case), which names no sub-queue. */
  find(path: string): Entity | undefined {
    return this.#entities.get(keyOf(path));
  }

  /** A queue or topic, where messages can be sent. */
  destination(name: string): QueueEntity | TopicEntity | undefined {
    const entity = this.find(name);
    return entity?.kind === "subscription" ? undefined : entity;
  }

  entities(): Iterable<Entity> {
    return this.#entities.values();
  }

  /** All queues, by name. */
  queues(): QueueEntity[] {
    return this.#sorted().filter((entity) => entity.kind === "queue");
  }

  /** All topics, by name; their subscriptions are found through them. */
  topics(): TopicEntity[] {
    return this.#sorted().filter((entity) => entity.kind === "topic");
  }

  #sorted(): Entity[] {
    return [...this.#entities.values()].toSorted((a, b) => (keyOf(a.path) < keyOf(b.path) ? -1 : 1));
  }

  /** Makes a stored entity live. */
  open(row: EntityRow, tallies: readonly Tally[], rules: readonly Rule[]): Entity {
    const entity = this.#build(row, tallies, rules);
    this.#entities.set(keyOf(row.path), entity);
    if (entity.kind === "subscription") entity.topic.subscriptions.set(keyOf(entity.name), entity);
    const { clock, messages } = this.machinery;
    this.#schedules.set(entity.id, new Schedule(entity, clock, messages, this.publisher));
    this.forwardWaiting(entity);
    return entity;
  }

  /** Moves on what waits in an entity that forwards. */
  forwardWaiting(entity: Entity): void {
    if (
      entity.kind !== "topic" &&
      entity.description.forwardTo !== undefined &&
      entity.main.counts.active > 0
    )
      forwardWaiting(entity, this.publisher);
  }

  /** Calls back when the entity is closed, until the returned function is called. */
  onClosed(entity: Entity, callback: () => void): () => void {
    const watchers = this.#watchers.get(entity) ?? new Set();
    this.#watchers.set(entity, watchers.add(callback));
    return () => void watchers.delete(callback);
  }

  /** Takes an entity out of memory; its links are detached. */
  close(entity: Entity): void {
    this.#entities.delete(keyOf(entity.path));
    if (entity.kind === "subscription") entity.topic.subscriptions.delete(keyOf(entity.name));
    this.#schedules.get(entity.id)?.stop();
    this.#schedules.delete(entity.id);
    for (const queue of queuesOf(entity)) queue.close();
    for (const callback of this.#watchers.get(entity) ?? []) callback();
    this.#watchers.delete(entity);
  }

  stop(): void {
    this.#stopped = true;
    this.#pruning.stop();
    for (const entity of this.#entities.values()) this.close(entity);
  }

  #load(): void {
    const tallies = Map.groupBy(this.store.messages.tallies(), (tally) =>
      Math.floor(tally.queue / SUB_QUEUES),
    );
    const rules = Map.groupBy(this.store.entities.rules(), (rule) => rule.subscription);
    for (const row of this.store.entities.all()) {
      const own = (rules.get(row.id) ?? []).map(({ name, description, createdAt }) => ({
        name,
        createdAt,
        ...readStoredRule(description),
      }));
      this.open(row, tallies.get(row.id) ?? [], own);
    }
  }

  #build(row: EntityRow, tallies: readonly Tally[], rules: readonly Rule[]): Entity {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by this broker in this shape
    const stored = JSON.parse(row.description) as Partial<Description>;
    const description: Description = { ...defaults, ...stored };
    const queues = this.#queues(row, tallies, description.requiresSession, () => entity);
    const common = {
      ...queues,
      id: row.id,
      path: row.path,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      accessedAt: this.machinery.clock.now(),
      description,
      timing: timingOf(description),
    };
    const entity: Entity = this.#ofKind(row, common, rules);
    return entity;
  }

  #ofKind(row: EntityRow, common: Omit<QueueEntity, "kind">, rules: readonly Rule[]): Entity {
    if (row.kind === "queue") return { ...common, kind: "queue" };
    if (row.kind === "topic") return { ...common, kind: "topic", subscriptions: new Map() };
    const [topicPath = "", name = ""] = row.path.split(/\/subscriptions\//i);
    const topic = this.find(topicPath);
    if (topic?.kind !== "topic") throw new BrokerError("internal", `The topic of '${row.path}' is missing.`);
    const subscription: SubscriptionEntity = {
      ...common,
      kind: "subscription",
      name,
      topic,
      rules: new Map(rules.map((rule) => [keyOf(rule.name), rule])),
    };
    return subscription;
  }

  #queues(row: EntityRow, tallies: readonly Tally[], sessions: boolean, entity: () => Entity) {
    const make = (sub: number, settings: () => QueueSettings): MessageQueue => {
      const id = row.id * SUB_QUEUES + sub;
      return new MessageQueue(id, this.machinery, settings, {
        tallies: tallies.filter((tally) => tally.queue === id),
        requiresSession: sessions && sub === SubQueue.main,
      });
    };
    const deadLetterSettings = (): QueueSettings => ({
      path: row.path,
      lockMs: entity().timing.lockMs,
      maxDeliveryCount: undefined,
      deadLetterExpired: false,
      deadLetters: undefined,
      forwardDeadLetter: undefined,
    });
    const deadLetters = make(SubQueue.deadLetters, deadLetterSettings);
    const mainSettings = (): QueueSettings => ({
      path: row.path,
      lockMs: entity().timing.lockMs,
      maxDeliveryCount: entity().description.maxDeliveryCount,
      deadLetterExpired: entity().description.deadLetteringOnMessageExpiration,
      deadLetters,
      forwardDeadLetter:
        entity().description.forwardDeadLetteredMessagesTo === undefined
          ? undefined
          : (head) => this.publisher.forwardDeadLetter(entity(), head),
    });
    return {
      main: make(SubQueue.main, mainSettings),
      deadLetters,
      transferDeadLetters: make(SubQueue.transferDeadLetters, deadLetterSettings),
    };
  }

  #prune(): void {
    if (this.#stopped) return;
    const { clock, journal, log } = this.machinery;
    const now = clock.now();
    const busy = [...this.#entities.values()].filter(
      (entity) => entity.description.requiresDuplicateDetection,
    );
    journal.write(
      () =>
        busy.filter((entity) => this.store.duplicates.prune(entity.id, now, entity.timing.duplicateWindowMs)),
      (unfinished) => this.#pruning.by(clock.now() + (unfinished.length > 0 ? 50 : PRUNE_EVERY_MS)),
      (error) => {
        log("service-bus.prune-failed", { error: String(error) });
        this.#pruning.by(clock.now() + PRUNE_EVERY_MS);
      },
    );
  }
}

export const queuesOf = (entity: Entity): readonly MessageQueue[] => [
  entity.main,
  entity.deadLetters,
  entity.transferDeadLetters,
];
