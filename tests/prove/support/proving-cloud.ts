import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endpointsOf } from "#local/cloud/endpoints.ts";
import { emulatorKeys } from "#local/cloud/keys.ts";
import { shiftedPorts } from "#local/cloud/ports.ts";
import { startCosmos } from "#local/cosmos/index.ts";
import { type FunctionsHost, startFunctionsHost } from "#local/functions-host/index.ts";
import type { Log, RunningPart } from "#local/part.ts";
import { startPartners } from "#local/partners/index.ts";
import { startServiceBus } from "#local/service-bus/index.ts";
import { topology } from "#shared/contracts/topology.ts";
import { type QuestionLinks, questionLinks } from "#shared/domain/question-link.ts";
import { projectRoot } from "../../../scripts/expedite.ts";
import { localSettings } from "../../../scripts/local-settings.ts";
import { secretsIn } from "../../../scripts/seed/secrets.ts";
import { seedStores } from "../../../scripts/seed/seed-stores.ts";
import { sampleOrders } from "../../../scripts/seed/shop.ts";
import { freePortOffset, type Place } from "../../journey/support/place.ts";
import { CONTROL_FOLDER, type Control, NOTHING, writeControl } from "./control.ts";
import { createJumpClock, type JumpClock } from "./jump-clock.ts";

const PRELOAD = new URL("worker-preload.ts", import.meta.url);

export interface ProvingCloudOptions {
  /** Folder with package.json, host.json and the built app. */
  readonly appRoot: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly log?: Log;
}

/**
 * The embedded cloud in this process, on one clock that can be moved, with the app in worker processes that are given the
 * same time and can be killed at any `await`. Broker, stores and partners live on when a worker dies.
 */
export class ProvingCloud {
  readonly place: Place;
  readonly clock: JumpClock;
  /** Makes the links that customers find in their mails. */
  readonly links: QuestionLinks;
  /** What this cloud and its workers share: see `Control`. */
  readonly folder: string;
  readonly #options: ProvingCloudOptions;
  readonly #parts: (() => Promise<void>)[] = [];
  #control: Control = NOTHING;
  #host: FunctionsHost | undefined;
  #serviceBus: RunningPart | undefined;
  #settings: Readonly<Record<string, string>> = {};
  #changes: Readonly<Record<string, string>> = {};
  readonly #ports: ReturnType<typeof shiftedPorts>;

  private constructor(options: ProvingCloudOptions, portOffset: number) {
    this.#options = options;
    this.folder = mkdtempSync(join(tmpdir(), "expedite-prove-"));
    this.#ports = shiftedPorts(portOffset);
    this.clock = createJumpClock((offsetMs) => this.control({ offsetMs }));
    this.control({});
    const secrets = this.#secrets();
    const { storefront, vendor, ops } = secrets.keys;
    this.place = {
      ...endpointsOf(this.#ports, secrets.partners.mail),
      keys: { storefront, vendor, ops: { ops } },
      samples: sampleOrders,
    };
    this.links = questionLinks({ keys: [secrets.linkKey], publicUrl: this.place.functions });
  }

  static async open(options: ProvingCloudOptions): Promise<ProvingCloud> {
    const cloud = new ProvingCloud(options, await freePortOffset());
    await cloud.#start();
    return cloud;
  }

  get workers(): readonly number[] {
    return this.#host?.workers() ?? [];
  }

  /** Of the running app's host. */
  get masterKey(): string {
    return this.#host?.masterKey ?? "";
  }

  control(changes: Partial<Control>): void {
    this.#control = { ...this.#control, ...changes };
    writeControl(this.folder, this.#control);
  }

  async startServiceBus(): Promise<void> {
    const { name, key } = emulatorKeys.serviceBus;
    this.#serviceBus = await startServiceBus({
      ...this.#common("service-bus"),
      amqpPort: this.#ports.serviceBus,
      administrationPort: this.#ports.serviceBusAdministration,
      sharedAccessKeys: [{ name, key, claims: ["Listen", "Send", "Manage"] }],
      topology,
    });
  }

  async stopServiceBus(): Promise<void> {
    await this.#serviceBus?.stop();
    this.#serviceBus = undefined;
  }

  /** `changes`: app settings for this life of the app. */
  async startApp(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    this.#changes = changes;
    this.#host = await startFunctionsHost({
      ...this.#common("functions"),
      port: this.#ports.functions,
      appRoot: this.#options.appRoot,
      settings: { ...this.#settings, ...changes, [CONTROL_FOLDER]: this.folder },
      freeRestarts: Number.MAX_SAFE_INTEGER,
      workerExecArgv: ["--import", fileURLToPath(PRELOAD)],
      drainMs: 500,
    });
  }

  async stopApp(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
  }

  /** With the settings it has. */
  async restartApp(): Promise<void> {
    await this.stopApp();
    await this.startApp(this.#changes);
  }

  async close(): Promise<void> {
    await this.stopApp();
    await this.stopServiceBus();
    for (const stop of this.#parts.toReversed()) await stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  #secrets() {
    return secretsIn(join(this.folder, "secrets.json"));
  }

  #common(part: string) {
    const log: Log = this.#options.log ?? (() => undefined);
    // A worker's death is what is proven here, not a power cut: nothing acknowledged is lost, as long as this process lives.
    return { dataFolder: join(this.folder, part), clock: this.clock, durability: "relaxed", log } as const;
  }

  async #start(): Promise<void> {
    const secrets = this.#secrets();
    const cosmos = await startCosmos({
      ...this.#common("cosmos"),
      port: this.#ports.cosmos,
      key: emulatorKeys.cosmos,
      maxClockSkewMs: Infinity,
    });
    const partners = await startPartners({
      ...this.#common("partners"),
      port: this.#ports.partners,
      smtpPort: this.#ports.smtp,
      keys: secrets.partners,
      webhookSecrets: secrets.webhooks,
      webhookToleranceSeconds: Infinity,
    });
    this.#parts.push(
      () => cosmos.stop(),
      () => partners.stop(),
    );
    await this.startServiceBus();
    const endpoints = endpointsOf(this.#ports, secrets.partners.mail);
    // Without a storage account timers keep their status in files: there is only one host here.
    const { AzureWebJobsStorage: _, ...settings } = localSettings(projectRoot, endpoints, secrets);
    this.#settings = { ...settings, ...this.#options.settings };
    const database = this.#settings["COSMOS_DATABASE"] ?? "expedite";
    await seedStores({ cosmos: endpoints.cosmos, database, partnersUrl: endpoints.partners, secrets });
    await this.startApp();
  }
}
