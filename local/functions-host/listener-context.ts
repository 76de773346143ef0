import type { HostJson } from "./app/host-json.ts";
import { hostId } from "./host-id.ts";
import type { FunctionsHostOptions } from "./host-options.ts";
import { logged } from "./invocation-log.ts";
import type { ListenerContext } from "./listener.ts";
import type { Invoke } from "./pool/instance.ts";

/** With a line in the log for each failure, and for everything else if the host was asked for it. */
export const loggedFor = ({ log, appRoot, logInvocations }: FunctionsHostOptions, invoke: Invoke): Invoke =>
  logged(invoke, { log, appRoot, everyInvocation: logInvocations === true });

export function listenerContext(
  options: FunctionsHostOptions,
  hostJson: HostJson,
  invoke: Invoke,
): ListenerContext {
  const { appRoot, settings, clock, log, dataFolder } = options;
  return {
    hostJson,
    settings,
    hostId: hostId(settings, appRoot),
    dataFolder,
    clock,
    log,
    invoke: loggedFor(options, invoke),
  };
}
