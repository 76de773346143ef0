import type { IndexedFunction } from "./app/index-functions.ts";
import type { DrainState } from "./drain.ts";
import type { Generation } from "./generation.ts";
import type { HostAdministration, RunByHand } from "./http/admin.ts";
import type { Keys } from "./keys/keys.ts";
import type { Invoke } from "./pool/instance.ts";
import { requestByHand } from "./run-by-hand.ts";
import type { Scaler } from "./scale/scaler.ts";

/** What the host's own pages need of it. */
export interface AdministeredHost {
  readonly keys: Keys;
  readonly scaler: Scaler;
  readonly hostId: string;
  readonly upMs: () => number;
  readonly isStopping: () => boolean;
  readonly generation: () => Generation | undefined;
  readonly invoke: (generation: Generation) => Invoke;
  readonly url: (target: IndexedFunction) => string | undefined;
  readonly drainState: () => DrainState;
  readonly drain: () => void;
  readonly restart: () => Promise<void>;
}

/** Answers the host's own pages from its parts. */
export function administrationOf(host: AdministeredHost): HostAdministration {
  const instances = () =>
    (host.generation()?.groups ?? []).map((group) => ({
      name: group.name,
      functions:
        host
          .generation()
          ?.functionsOf(group.name)
          .map(({ name }) => name) ?? [],
      instances: group.size,
      ready: group.readyCount,
      draining: group.drainingCount,
      running: group.load,
    }));
  return {
    keys: host.keys,
    drain: host.drain,
    restart: host.restart,
    status: () => ({
      id: host.hostId,
      state: host.isStopping() ? "Offline" : "Running",
      version: "4.0.0",
      versionDetails: "local",
      platformVersion: "",
      instanceId: String(process.pid),
      computerName: "",
      processUptime: host.upMs(),
    }),
    functions: () =>
      (host.generation()?.functions ?? []).map((each) => ({
        name: each.name,
        config: { trigger: each.trigger },
        invoke_url_template: host.url(each) ?? null,
        language: "node",
        isDisabled: false,
      })),
    run: (functionName, input) => runByHand(host, functionName, input),
    scale: () => {
      const limits = new Map(host.scaler.groups.map((group) => [group.name, group.limits]));
      return {
        groups: instances().map((group) => ({ ...group, ...limits.get(group.name) })),
        decisions: host.scaler.events,
      };
    },
    drainStatus: () => ({
      state: host.drainState(),
      outstandingInvocations: instances().reduce((sum, { running }) => sum + running, 0),
      outstandingRetries: 0,
    }),
  };
}

function runByHand(host: AdministeredHost, functionName: string, input: string): RunByHand {
  const generation = host.generation();
  const target = generation?.functions.find(({ name }) => name.toLowerCase() === functionName.toLowerCase());
  if (generation === undefined || target === undefined) return "unknown";
  const request = requestByHand(target, input);
  if (request === undefined) return "has-an-address";
  // A failure is logged where it is noticed, and nobody waits for the end.
  host
    .invoke(generation)(request)
    .catch(() => undefined);
  return "running";
}
