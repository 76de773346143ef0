const SECOND = 1000;
/** Together a little less than the two minutes that host.json gives an invocation. */
const WAITS_MS = [1, 2, 4, 8, 15, 30, 45].map((seconds) => seconds * SECOND);

const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/**
 * The app for a message. Without it nothing can be decided, not even a retry: the message can only be given back, and
 * the broker hands it out again at once. So a start that fails is tried for nearly two minutes before that happens, or
 * ten deliveries would be used up within a second.
 */
export async function startedApp<App>(
  loadApp: () => Promise<App>,
  wait: (ms: number) => Promise<void> = pause,
): Promise<App> {
  for (const ms of WAITS_MS) {
    try {
      return await loadApp();
    } catch {
      await wait(ms);
    }
  }
  return await loadApp();
}
