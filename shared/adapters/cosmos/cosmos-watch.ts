import type { Container, PatchOperation } from "@azure/cosmos";
import { WatchRecord } from "#shared/contracts/watch.ts";
import type { Counts, MinuteCounts, WatchStore } from "#shared/ports/watch-store.ts";
import { asking, status, statusOf } from "./cosmos-faults.ts";
import { toDocument } from "./documents.ts";

const STATE = "state";
const TALLY = "tally";
const KEEP_COUNTS_S = 3600;
const MINUTE_MS = 60_000;

/** A member that Cosmos DB made, or that says which document this is. */
const isCount = ([name, value]: [string, unknown]): boolean =>
  !name.startsWith("_") && name !== "ttl" && typeof value === "number";

/** Undefined where the call was refused with one of these. */
const unless = async <T>(codes: readonly number[], call: () => Promise<T>): Promise<T | undefined> =>
  await asking(async () => {
    try {
      return await call();
    } catch (error) {
      if (codes.includes(statusOf(error) ?? 0)) return undefined;
      throw error;
    }
  });

/** The watch's memory: one document under its ETag, and one per minute that all instances add to. */
export function createCosmosWatch(container: Container): WatchStore {
  const add = (id: string, counts: Counts) => {
    const operations = Object.entries(counts).map(([name, value]): PatchOperation => ({
      op: "incr",
      path: `/${name}`,
      value,
    }));
    return unless([status.notFound], () => container.item(id, TALLY).patch(operations));
  };

  return {
    async load() {
      const found = await unless([status.notFound], () =>
        container.item(STATE, STATE).read<Record<string, unknown>>(),
      );
      if (found?.resource === undefined) return { record: undefined, version: undefined };
      // What an older version of ours has stored is forgotten rather than a reason to stop watching.
      const parsed = WatchRecord.safeParse(found.resource["record"]);
      return { record: parsed.success ? parsed.data : undefined, version: found.etag };
    },

    async save(record, version) {
      const document = toDocument({ id: STATE, kind: STATE, record });
      const saved = await unless([status.conflict, status.preconditionFailed, status.notFound], () =>
        version === undefined
          ? container.items.create(document)
          : container
              .item(STATE, STATE)
              .replace(document, { accessCondition: { type: "IfMatch", condition: version } }),
      );
      return saved !== undefined;
    },

    async count(minuteMs, counts) {
      const id = String(minuteMs / MINUTE_MS);
      if ((await add(id, counts)) !== undefined) return;
      const document = toDocument({ id, kind: TALLY, ttl: KEEP_COUNTS_S, ...counts });
      const created = await unless([status.conflict], () => container.items.create(document));
      if (created === undefined) await add(id, counts);
    },

    async minutes() {
      const { resources } = await asking(() =>
        container.items.readAll<Record<string, unknown>>({ partitionKey: TALLY }).fetchAll(),
      );
      return resources.map((document): MinuteCounts => ({
        minuteMs: Number(document["id"]) * MINUTE_MS,
        counts: Object.fromEntries(
          Object.entries(document)
            .filter(isCount)
            .map(([name, value]) => [name, Number(value)]),
        ),
      }));
    },
  };
}
