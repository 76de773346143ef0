import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { realClock } from "#local/clock/clock.ts";
import { startPartners, type PartnersOptions, type RunningPartners } from "#local/partners/index.ts";

export const KEYS = {
  payments: "payments-key",
  stock: "stock-key",
  mail: Buffer.from("the access key of the mail partner").toString("base64"),
};

export interface Entry {
  readonly seq: number;
  readonly at: string;
  readonly orderId: string | null;
  readonly kind: string;
  readonly key: string | null;
  readonly outcome: string;
  readonly effect: boolean;
  readonly [detail: string]: unknown;
}

/** Partners of a test's own, and what a judge would do with them from outside. */
export interface PartnersWorld extends RunningPartners {
  readonly folder: string;
  ledger(name: string, query?: string): Promise<Entry[]>;
  /** Throws when the mode is refused. */
  setMode(name: string, mode: Readonly<Record<string, unknown>>): Promise<void>;
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a test names the shape it expects
  json<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** Stops and leaves the folder to the next. */
  stopOnly(): Promise<void>;
  /** Stops and removes the folder. */
  stop(): Promise<void>;
}

export async function openPartners(changes: Partial<PartnersOptions> = {}): Promise<PartnersWorld> {
  const folder = changes.dataFolder ?? (await mkdtemp(join(tmpdir(), "partners-")));
  const partners = await startPartners({
    dataFolder: folder,
    clock: realClock,
    durability: "relaxed",
    log: (event, facts) => {
      throw new Error(`The partners had something to say: ${event} ${JSON.stringify(facts)}`);
    },
    port: 0,
    smtpPort: 0,
    keys: KEYS,
    ...changes,
  });
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a test names the shape it expects
  const json = async <T>(
    method: string,
    path: string,
    given?: unknown,
  ): Promise<{ status: number; body: T }> => {
    const text = given === undefined ? null : JSON.stringify(given);
    const response = await fetch(partners.url + path, { method, body: text });
    const answer = await response.text();
    const body: T = answer === "" ? undefined : JSON.parse(answer);
    return { status: response.status, body };
  };
  return {
    ...partners,
    folder,
    json,
    async ledger(name, query = "") {
      const { body } = await json<{ entries: Entry[] }>("GET", `/${name}/ledger${query}`);
      return body.entries;
    },
    async setMode(name, mode) {
      const { status, body } = await json("PUT", `/${name}/mode`, mode);
      if (status !== 200) throw new Error(`Mode refused: ${JSON.stringify(body)}`);
    },
    stopOnly: () => partners.stop(),
    async stop() {
      await partners.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Partners that stop with the test. */
export async function usePartners(changes: Partial<PartnersOptions> = {}): Promise<PartnersWorld> {
  const world = await openPartners(changes);
  onTestFinished(() => world.stop());
  return world;
}
