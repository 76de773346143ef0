import { HostRefusal } from "../refusal.ts";
import { parseSchedule } from "../timer/schedule.ts";
import { flag, resolved, type BindingContext } from "./binding-properties.ts";
import type { Indexed, TimerFunction } from "./index-functions.ts";

export function timerTrigger(context: BindingContext): Omit<TimerFunction, keyof Indexed> {
  const schedule = resolved(context, "schedule");
  if (schedule === undefined) throw new HostRefusal("function-invalid", `${context.where} has no schedule`);
  return {
    trigger: "timer",
    schedule,
    occurrences: parseSchedule(schedule, context.where),
    runOnStartup: flag(context, "runOnStartup") === true,
    useMonitor: flag(context, "useMonitor") !== false,
  };
}
