import { NEVER } from "../limits.ts";
import { Due } from "./due.ts";
import type { Entity } from "./entity.ts";
import { deleteEntity } from "./entity-admin.ts";
import { type Namespace, queuesOf } from "./namespace.ts";

/** The shortest idle time is five minutes, so a look every minute is exact enough. */
const LOOK_EVERY_MS = 60_000;

/**
 * Deletes entities that nobody used for their AutoDeleteOnIdle. Use is a send, a receive, an open receiver, a
 * management request, a change of the entity or its rules, and a message that is scheduled; the time that the broker
 * was off does not count. To a subscription, what its topic brings is no use.
 */
export function watchIdle(namespace: Namespace): { stop(): void } {
  const { clock, log } = namespace.machinery;
  const timer = new Due(clock, () => void look());
  const look = async (): Promise<void> => {
    const now = clock.now();
    for (const entity of namespace.entities()) {
      if (entity.timing.idleMs === NEVER || !isIdle(entity, now)) continue;
      log("service-bus.deleted-on-idle", { path: entity.path });
      await deleteEntity(namespace, entity).catch((error: unknown) =>
        log("service-bus.bug", { path: entity.path, error: String(error) }),
      );
    }
    if (!stopped) timer.by(clock.now() + LOOK_EVERY_MS);
  };
  let stopped = false;
  timer.by(clock.now() + LOOK_EVERY_MS);
  return {
    stop() {
      stopped = true;
      timer.stop();
    },
  };
}

function isIdle(entity: Entity, now: number): boolean {
  const isInUse = entity.main.counts.scheduled > 0 || queuesOf(entity).some((queue) => queue.hasReceivers);
  if (isInUse) entity.accessedAt = now;
  return entity.accessedAt + entity.timing.idleMs <= now;
}
