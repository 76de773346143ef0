import type { Container, CosmosClient, FeedRange } from "@azure/cosmos";
import type { Clock } from "../../clock/clock.ts";
import type { CosmosFunction } from "../app/index-functions.ts";
import type { LeaseView } from "./balance.ts";
import { isStatus, makeContainer } from "./make-container.ts";

/** A lease as it is kept, under the names of the change feed processor. One for each range of the monitored container. */
interface LeaseDocument {
  readonly id: string;
  readonly LeaseToken: string;
  readonly FeedRange: { readonly Range: { readonly min: string; readonly max: string } };
  readonly Owner: string | null;
  /** Where to go on; null before the first reading. */
  readonly ContinuationToken: string | null;
  readonly timestamp: string;
}

export interface Lease extends LeaseView {
  readonly continuation: string | undefined;
  readonly range: { readonly min: string; readonly max: string };
  readonly etag: string;
}

/** Somebody else changed the lease: it is not ours any more. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The leases of one function. Every change is conditional on the ETag, so two hosts never both get one. */
export class LeaseStore {
  readonly #container: Container;
  readonly #prefix: string;
  readonly #clock: Clock;

  private constructor(container: Container, prefix: string, clock: Clock) {
    this.#container = container;
    this.#prefix = prefix;
    this.#clock = clock;
  }

  /**
   * Makes the container when the function asks for it, and the leases that are missing.
   *
   * @param source names the monitored container among others that share the leases container.
   */
  static async open(
    { leases }: CosmosFunction,
    client: CosmosClient,
    source: string,
    ranges: readonly FeedRange[],
    clock: Clock,
  ): Promise<LeaseStore> {
    const database = client.database(leases.databaseName);
    if (leases.createIfNotExists) {
      await makeContainer(database, {
        id: leases.containerName,
        partitionKey: { paths: ["/id"] },
        ...(leases.throughput === undefined ? {} : { throughput: leases.throughput }),
      });
    }
    const prefix = `${leases.prefix}${source}..`;
    const store = new LeaseStore(database.container(leases.containerName), prefix, clock);
    await Promise.all(ranges.map((range, index) => store.#add(String(index), range)));
    return store;
  }

  async list(): Promise<Lease[]> {
    const query = {
      query: "SELECT * FROM c WHERE STARTSWITH(c.id, @prefix)",
      parameters: [{ name: "@prefix", value: this.#prefix }],
    };
    const { resources } = await this.#container.items
      .query<LeaseDocument & { readonly _etag: string }>(query)
      .fetchAll();
    return resources.map((document) => toLease(document, document._etag));
  }

  /** Takes, renews or gives back, and moves on; what is not mentioned stays. @throws LeaseLost */
  async change(
    lease: Lease,
    {
      owner = lease.owner ?? null,
      continuation = lease.continuation,
    }: {
      readonly owner?: string | null;
      readonly continuation?: string | undefined;
    },
  ): Promise<Lease> {
    const document: LeaseDocument = {
      ...this.#document(lease.id.slice(this.#prefix.length), lease.range),
      Owner: owner,
      ContinuationToken: continuation ?? null,
    };
    const condition = { type: "IfMatch", condition: lease.etag };
    try {
      const { etag } = await this.#container
        .item(lease.id, lease.id)
        .replace(document, { accessCondition: condition });
      return toLease(document, etag);
    } catch (error) {
      if (!isStatus(error, 404, 412)) throw error;
      throw new LeaseLost(`lease "${lease.id}" was changed by another host`, { cause: error });
    }
  }

  async #add(token: string, { minInclusive: min, maxExclusive: max }: FeedRange): Promise<void> {
    try {
      await this.#container.items.create(this.#document(token, { min, max }));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
  }

  #document(token: string, range: Lease["range"]): LeaseDocument {
    return {
      id: this.#prefix + token,
      LeaseToken: token,
      FeedRange: { Range: range },
      Owner: null,
      ContinuationToken: null,
      timestamp: new Date(this.#clock.now()).toISOString(),
    };
  }
}

const toLease = (document: LeaseDocument, etag: string): Lease => ({
  id: document.id,
  owner: document.Owner ?? undefined,
  renewedAtMs: Date.parse(document.timestamp),
  continuation: document.ContinuationToken ?? undefined,
  range: document.FeedRange.Range,
  etag,
});
