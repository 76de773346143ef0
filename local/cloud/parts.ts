import type { Topology } from "#shared/contracts/topology.ts";
import { realClock } from "../clock/clock.ts";
import type { Log, RunningPart } from "../part.ts";
import type { Durability } from "../sqlite/group-commit.ts";
import { emulatorKeys } from "./keys.ts";
import type { Ports } from "./ports.ts";

export const partNames = ["service-bus", "cosmos", "storage", "partners", "functions"] as const;
export type PartName = (typeof partNames)[number];

/** What a part needs, as plain data: it crosses the border to the part's process as JSON. */
export interface PartSettings {
  readonly dataFolder: string;
  readonly ports: Ports;
  readonly durability: Durability;
  readonly topology: Topology;
  readonly partnerKeys: { readonly payments: string; readonly stock: string; readonly mail: string };
  readonly webhookSecrets: Readonly<Record<string, string>>;
  readonly app?: {
    readonly root: string;
    readonly settings: Readonly<Record<string, string>>;
    /** Load the app again when its files change, log every invocation; `inspect` is the worker's Node argument. */
    readonly development?: { readonly inspect?: string };
  };
}

export interface StartedPart extends RunningPart {
  readonly facts: Readonly<Record<string, unknown>>;
}

type Starter = (settings: PartSettings, log: Log) => Promise<StartedPart>;

const common = ({ dataFolder, durability }: PartSettings, log: Log) => ({
  dataFolder,
  durability,
  clock: realClock,
  log,
});

const facts = (part: RunningPart, known: StartedPart["facts"]): StartedPart => ({
  facts: known,
  stop: () => part.stop(),
});

/** One worker for all functions: it is loaded again in half the time, and a debugger has one place to go. */
const DEVELOPMENT = {
  watch: true,
  logInvocations: true,
  scale: { grouping: "app", maximumInstances: { app: 1 } },
} as const;

/** Each part is loaded only in the process that runs it. */
export const partStarters: Readonly<Record<PartName, Starter>> = {
  "service-bus": async (settings, log) => {
    const { startServiceBus } = await import("../service-bus/index.ts");
    const { name, key } = emulatorKeys.serviceBus;
    const part = await startServiceBus({
      ...common(settings, log),
      amqpPort: settings.ports.serviceBus,
      administrationPort: settings.ports.serviceBusAdministration,
      sharedAccessKeys: [{ name, key, claims: ["Listen", "Send", "Manage"] }],
      topology: settings.topology,
    });
    return facts(part, {});
  },
  cosmos: async (settings, log) => {
    const { startCosmos } = await import("../cosmos/index.ts");
    const part = await startCosmos({
      ...common(settings, log),
      port: settings.ports.cosmos,
      key: emulatorKeys.cosmos,
    });
    return facts(part, {});
  },
  storage: async (settings) => {
    const { startStorage } = await import("../storage/index.ts");
    return facts(await startStorage(settings.dataFolder, settings.ports), {});
  },
  partners: async (settings, log) => {
    const { startPartners } = await import("../partners/index.ts");
    const part = await startPartners({
      ...common(settings, log),
      port: settings.ports.partners,
      smtpPort: settings.ports.smtp,
      keys: settings.partnerKeys,
      webhookSecrets: settings.webhookSecrets,
    });
    return facts(part, { mailConnectionString: part.mailConnectionString, smtpUrl: part.smtpUrl });
  },
  functions: async (settings, log) => {
    if (settings.app === undefined) throw new Error("The functions part needs an app");
    const { development } = settings.app;
    const { startFunctionsHost } = await import("../functions-host/index.ts");
    const part = await startFunctionsHost({
      ...common(settings, log),
      port: settings.ports.functions,
      appRoot: settings.app.root,
      settings: settings.app.settings,
      ...(development === undefined ? {} : DEVELOPMENT),
      ...(development?.inspect === undefined ? {} : { workerExecArgv: [development.inspect] }),
    });
    return facts(part, {});
  },
};
