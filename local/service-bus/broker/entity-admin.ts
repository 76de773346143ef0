import { BrokerError, entityDisabled, entityNotFound } from "../errors.ts";
import { DEFAULT_RULE, type NewRule } from "../rules/rule.ts";
import { storedRule } from "../rules/stored-rule.ts";
import {
  defaults,
  type Description,
  type EntityStatus,
  FOREVER,
  MAX_USER_METADATA,
  statusesOf,
  timingOf,
} from "./description.ts";
import type { Entity, EntityKind } from "./entity.ts";
import { forwards, isReceiveDisabled } from "./admission.ts";
import { type Namespace, queuesOf } from "./namespace.ts";
import { checkRule } from "./rule-admin.ts";

const MAX_NAME = { queue: 260, topic: 260, subscription: 50 } as const;
const namePattern = /^[A-Za-z0-9](?:[\w.\-/~]*[\w])?$/;

export interface NewEntity {
  readonly kind: EntityKind;
  readonly path: string;
  readonly description: Partial<Description>;
  /** Of a subscription; none given = one rule that lets everything through. */
  readonly rules?: readonly NewRule[];
}

/** Creates an entity. @throws BrokerError (alreadyExists, invalid, notFound, notImplemented) */
export async function createEntity(namespace: Namespace, wanted: NewEntity): Promise<Entity> {
  checkName(wanted);
  const description = checked(namespace, wanted, { ...defaults, ...wanted.description });
  assertTopicExists(namespace, wanted);
  if (namespace.find(wanted.path) !== undefined) {
    throw new BrokerError("alreadyExists", `The messaging entity '${wanted.path}' already exists.`);
  }
  const { clock, journal } = namespace.machinery;
  const { entities } = namespace.store;
  const now = clock.now();
  const json = JSON.stringify(description);
  const rules = wanted.rules?.length
    ? wanted.rules
    : [{ name: DEFAULT_RULE, filter: { kind: "true" } as const }];
  for (const rule of rules) checkRule(rule);
  const row = { kind: wanted.kind, path: wanted.path, description: json, createdAt: now, updatedAt: now };
  // Live at once, so that a second creation in the same turn meets the first; undone if the disk refuses.
  let opened: Entity | undefined;
  try {
    return await journal.change(() => {
      const id = entities.insert(wanted.kind, wanted.path, json, now);
      if (wanted.kind === "subscription") {
        for (const rule of rules) entities.putRule(id, rule.name, storedRule(rule), now);
      }
      opened = namespace.open(
        { id, ...row },
        [],
        rules.map((rule) => ({ ...rule, createdAt: now })),
      );
      return opened;
    });
  } catch (error) {
    if (opened !== undefined) namespace.close(opened);
    throw error;
  }
}

/** Changes what may be changed. @throws BrokerError (invalid, notImplemented) */
export async function updateEntity(
  namespace: Namespace,
  entity: Entity,
  changes: Partial<Description>,
): Promise<void> {
  const description = checked(namespace, entity, { ...entity.description, ...changes });
  for (const fixed of ["requiresDuplicateDetection", "requiresSession"] as const) {
    if (description[fixed] !== entity.description[fixed]) {
      throw new BrokerError("invalid", `The property ${fixed} of '${entity.path}' cannot be changed.`);
    }
  }
  if (JSON.stringify(description) === JSON.stringify(entity.description)) return;
  const { clock, journal } = namespace.machinery;
  const now = clock.now();
  await journal.change(() => namespace.store.entities.update(entity.id, JSON.stringify(description), now));
  entity.description = description;
  entity.timing = timingOf(description);
  entity.updatedAt = now;
  entity.accessedAt = now;
  if (isReceiveDisabled(entity)) {
    for (const queue of queuesOf(entity)) queue.evict(entityDisabled(entity.path, "receive"));
  }
  if (description.forwardTo !== undefined) {
    entity.main.evict(forwards(entity));
    namespace.forwardWaiting(entity);
  }
}

/** Deletes an entity with its messages; a topic with its subscriptions. */
export async function deleteEntity(namespace: Namespace, entity: Entity): Promise<void> {
  const doomed = entity.kind === "topic" ? [...entity.subscriptions.values(), entity] : [entity];
  for (const one of doomed) namespace.close(one);
  const { entities, messages, duplicates } = namespace.store;
  await namespace.machinery.journal.change(() => {
    for (const one of doomed) {
      for (const queue of queuesOf(one)) messages.removeQueue(queue.id);
      duplicates.forgetEntity(one.id);
      entities.remove(one.id);
    }
  });
}

function assertTopicExists(namespace: Namespace, { kind, path }: NewEntity): void {
  if (kind !== "subscription") return;
  const [topic = ""] = path.split(/\/subscriptions\//i);
  if (namespace.find(topic)?.kind !== "topic") throw entityNotFound(topic);
}

function checkName({ kind, path }: NewEntity): void {
  const name = kind === "subscription" ? (path.split(/\/subscriptions\//i)[1] ?? "") : path;
  const slashAllowed = kind !== "subscription";
  if (name.length > MAX_NAME[kind] || !namePattern.test(name) || (!slashAllowed && name.includes("/"))) {
    throw new BrokerError("invalid", `'${name}' is not an allowed name for a ${kind}.`);
  }
}

/** The description as it is kept. @throws BrokerError (invalid, notFound) naming what an entity cannot have */
function checked(
  namespace: Namespace,
  { kind, path }: Pick<NewEntity, "kind" | "path">,
  description: Description,
): Description {
  timingOf(description);
  const { status, userMetadata = "" } = description;
  const statuses: readonly EntityStatus[] = statusesOf[kind];
  if (!statuses.includes(status)) {
    const allowed = `must be one of ${statuses.join(", ")}`;
    throw new BrokerError("invalid", `The Status of a ${kind} ${allowed}, not '${status}'.`);
  }
  if (userMetadata.length > MAX_USER_METADATA)
    throw new BrokerError("invalid", `UserMetadata must not be longer than ${MAX_USER_METADATA} characters.`);
  checkForwards(namespace, path, description);
  // A forward is a receiver that never rests, so its source is never idle.
  return description.forwardTo === undefined ? description : { ...description, autoDeleteOnIdle: FOREVER };
}

function checkForwards(namespace: Namespace, path: string, description: Description): void {
  for (const target of [description.forwardTo, description.forwardDeadLetteredMessagesTo]) {
    if (target === undefined) continue;
    if (namespace.destination(target) === undefined) {
      throw new BrokerError("notFound", `The entity '${target}' to forward to could not be found.`);
    }
    if (target === description.forwardTo && description.requiresSession)
      throw new BrokerError("invalid", `'${path}' requires sessions; such an entity cannot forward.`);
    if (target.toLowerCase() === path.toLowerCase())
      throw new BrokerError("invalid", `The entity '${path}' cannot forward to itself.`);
  }
}
