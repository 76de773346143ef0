import { administration } from "./administration-client.ts";
import { type Bus, type BusOptions, openBus, queue } from "./open-bus.ts";

/** A bus with the session queue `talks`. */
export async function openTalks(options: BusOptions = {}, special = {}): Promise<Bus> {
  const bus = await openBus({ queues: [queue("work")], ...options });
  await administration(bus).createQueue("talks", {
    requiresSession: true,
    lockDuration: "PT30S",
    ...special,
  });
  return bus;
}

export const said = (sessionId: string, ...bodies: readonly number[]) =>
  bodies.map((body) => ({ body, sessionId }));
export const noRenewal = { maxAutoLockRenewalDurationInMs: 0 };
