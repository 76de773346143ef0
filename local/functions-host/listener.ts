import type { Clock } from "../clock/clock.ts";
import type { Log } from "../part.ts";
import type { HostJson } from "./app/host-json.ts";
import type { Settings } from "./settings.ts";
import type { InvocationRequest, InvocationResponse } from "./worker/wire.ts";

/** Feeds one function from outside: a queue, a clock, a change feed. It begins with `start`, ends with `stop`, then `close`. */
export interface Listener {
  readonly functionName: string;
  /** Resolves when it listens. May take as long as the other side is away; what it has begun ends with `stop`. */
  start(): Promise<void>;
  /** Takes nothing more; resolves when everything under way is over and settled. */
  stop(): Promise<void>;
  /** After `stop`, or to drop everything at once: what is under way comes back when its locks or leases run out. */
  close(): Promise<void>;
}

/** What every listener works with. */
export interface ListenerContext {
  readonly hostJson: HostJson;
  readonly settings: Settings;
  /** Azure's name for an app among those that share a storage account. */
  readonly hostId: string;
  /** The controller's own folder. */
  readonly dataFolder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs a function with its bindings. Rejects when it failed, in whatever way; the failure has been logged by then. */
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}
