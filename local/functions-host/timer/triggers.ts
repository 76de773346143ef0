import { join } from "node:path";
import type { TimerFunction } from "../app/index-functions.ts";
import type { Listener, ListenerContext } from "../listener.ts";
import { timerStatusFiles } from "./status-file.ts";
import { TimerListener } from "./timer-listener.ts";

export function timerListeners(
  functions: readonly TimerFunction[],
  { clock, dataFolder, invoke }: ListenerContext,
): { listeners: Listener[]; close: () => Promise<void> } {
  const statuses = timerStatusFiles(join(dataFolder, "timers"), "relaxed");
  const listeners = functions.map((target) => new TimerListener(target, { clock, statuses, invoke }));
  return { listeners, close: () => Promise.resolve() };
}
