import { afterAll, beforeAll } from "vitest";
import type { Cloud, PartName } from "#local/cloud/index.ts";
import { type RunningExpedite, startExpedite } from "../../../scripts/expedite.ts";
import { freePortOffset, type Place, readPlace, temporaryHome } from "./place.ts";

export interface LoggedEvent {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface JourneyCloud {
  readonly place: Place;
  readonly parts: Cloud["parts"];
  readonly home: string;
  /** What the parts and the supervisor logged so far. */
  readonly events: readonly LoggedEvent[];
}

export interface JourneyCloudOptions {
  readonly only?: readonly PartName[];
  /** Replaces single app settings; asked before the cloud starts, which has then its place. */
  readonly settings?: (portOffset: number) => Promise<Readonly<Record<string, string>>>;
}

const STARTS_WITHIN_MS = 60_000;

/**
 * The real cloud with the real app, every part in a process of its own, for the tests of one file. Ask for it inside
 * tests: it is there from the first one on, and gone after the last.
 */
export function useCloud(options: JourneyCloudOptions = {}): () => JourneyCloud {
  const { home, remove } = temporaryHome();
  const events: LoggedEvent[] = [];
  let running: RunningExpedite | undefined;
  beforeAll(async () => {
    const portOffset = await freePortOffset();
    running = await startExpedite({
      home,
      portOffset,
      ...(options.only === undefined ? {} : { only: options.only }),
      settings: (await options.settings?.(portOffset)) ?? {},
      log: (event, facts = {}) => events.push({ event, facts }),
    });
  }, STARTS_WITHIN_MS);
  afterAll(async () => {
    await running?.stop();
    remove();
  }, STARTS_WITHIN_MS);
  return () => {
    if (running === undefined) throw new Error("The cloud is there inside tests only");
    return { place: readPlace(home), parts: running.cloud.parts, home, events };
  };
}
