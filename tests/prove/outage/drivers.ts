import { InvocationContext } from "@azure/functions";
import { parseSchedule } from "#local/functions-host/timer/schedule.ts";
import type { AppRegistry } from "#local/functions-host/worker/app-registry.ts";
import { runningInstance } from "./app-of-instance.ts";
import { type Driver, operationOfMessage } from "./simulate.ts";

/** The timers that notifications depend on, and when they run in Azure. */
const SCHEDULES: Readonly<Record<string, string>> = { "release-held": "*/20 * * * * *" };

/** The app as it is deployed: its own functions, each invocation on one of the instances. */
export const ourFunctions = ({ functions }: AppRegistry): Driver => ({
  async handle(_world, queue, message, instance) {
    const { messageId, subject, correlationId, properties, deliveryCount, enqueuedAtMs } = message;
    const context = new InvocationContext({
      functionName: queue,
      invocationId: messageId,
      triggerMetadata: {
        messageId,
        correlationId,
        label: subject,
        deliveryCount,
        enqueuedTimeUtc: new Date(enqueuedAtMs).toISOString(),
        applicationProperties: { ...properties },
      },
    });
    await runningInstance.run(
      instance,
      async () => await functions.get(queue)?.callback(message.body, context),
    );
  },
  startTimers(time, anInstance) {
    for (const [name, schedule] of Object.entries(SCHEDULES)) {
      const callback = functions.get(name)?.callback;
      if (callback === undefined) continue;
      const { next } = parseSchedule(schedule, name);
      // Runs of one timer never overlap, on however many instances.
      const run = async (): Promise<void> => {
        await runningInstance.run(anInstance(), async () => await callback({}, new InvocationContext({})));
        time.at(next(time.now()), () => void run());
      };
      time.at(next(time.now()), () => void run());
    }
  },
});

/** What a queue function does when nothing is made of it: throws, and gets the message again at once, ten times. */
export const throwAndAbandon: Driver = {
  handle: async ({ provider }, _queue, message) =>
    await provider.send({ operationId: operationOfMessage(message) }),
  startTimers: () => undefined,
};
