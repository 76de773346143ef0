import { randomUUID } from "node:crypto";
import type { Container, CosmosClient, FeedRange } from "@azure/cosmos";
import type { CosmosFunction } from "../app/index-functions.ts";
import { describeError } from "../describe-error.ts";
import type { Listener } from "../listener.ts";
import { waited } from "../retry/invoke-with-retries.ts";
import { leasesToTake } from "./balance.ts";
import type { CosmosClients } from "./clients.ts";
import { Feed, type FeedOptions } from "./feed.ts";
import { HeldLease } from "./held-lease.ts";
import { type Lease, LeaseLost, LeaseStore } from "./lease-store.ts";
import { isStatus } from "./make-container.ts";

/** Defaults of the change feed processor. */
const ACQUIRE_MS = 13_000;
const EXPIRATION_MS = 60_000;
const RENEW_MS = 17_000;
/** While the account or a container cannot be reached. */
const UNREACHABLE_MS = 1000;

interface Monitored {
  readonly container: Container;
  readonly ranges: readonly FeedRange[];
  readonly store: LeaseStore;
}

/**
 * Feeds one function with the changes of a container. Each range of it has a lease; a host reads the ranges whose leases it
 * holds, looks every now and then whether it has its share of them, and says that it lives by renewing them.
 */
export class ChangeListener implements Listener {
  readonly #target: CosmosFunction;
  readonly #clients: CosmosClients;
  readonly #options: FeedOptions;
  readonly #self = randomUUID();
  readonly #stopping = new AbortController();
  readonly #held = new Map<string, { readonly end: AbortController; readonly over: Promise<void> }>();
  #balancing: Promise<void> = Promise.resolve();
  #down = false;

  constructor(target: CosmosFunction, clients: CosmosClients, options: FeedOptions) {
    this.#target = target;
    this.#clients = clients;
    this.#options = options;
  }

  get functionName(): string {
    return this.#target.name;
  }

  /** Resolves after the first look at the leases, whatever came of it: the containers may still have to be made. */
  start(): Promise<void> {
    const looked = Promise.withResolvers<void>();
    this.#balancing = this.#balance(looked.resolve);
    return looked.promise;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    for (const { end } of this.#held.values()) end.abort();
    await this.#balancing;
    await Promise.all([...this.#held.values()].map(({ over }) => over));
  }

  close(): Promise<void> {
    this.#stopping.abort();
    for (const { end } of this.#held.values()) end.abort();
    return Promise.resolve();
  }

  async #balance(looked: () => void): Promise<void> {
    const { clock } = this.#options;
    const { acquireIntervalMs = ACQUIRE_MS } = this.#target.leases;
    let monitored: Monitored | undefined;
    while (!this.#stopping.signal.aborted) {
      let pauseMs = acquireIntervalMs;
      try {
        monitored ??= await this.#open();
        await this.#takeShare(monitored);
        this.#report(undefined);
      } catch (error) {
        this.#report(error);
        pauseMs = UNREACHABLE_MS;
      }
      looked();
      await waited(clock, pauseMs, this.#stopping.signal);
    }
    looked();
  }

  async #open(): Promise<Monitored> {
    const { connectionString, databaseName, containerName, leases } = this.#target;
    const client: CosmosClient = this.#clients.for(connectionString);
    const container = client.database(databaseName).container(containerName);
    const { resource } = await container.read();
    const ranges = await container.getFeedRanges();
    const leaseClient = this.#clients.for(leases.connectionString);
    const source = resource?._rid ?? `${databaseName}-${containerName}`;
    const store = await LeaseStore.open(this.#target, leaseClient, source, [...ranges], this.#options.clock);
    return { container, ranges: [...ranges], store };
  }

  async #takeShare(monitored: Monitored): Promise<void> {
    const { clock } = this.#options;
    const { expirationIntervalMs = EXPIRATION_MS } = this.#target.leases;
    const leases = await monitored.store.list();
    // One that was taken from us would be noticed with the next renewal or page; that page would then be handed over twice.
    for (const { id, owner } of leases) if (owner !== this.#self) this.#held.get(id)?.end.abort();
    for (const lease of leasesToTake(leases, this.#self, clock.now(), expirationIntervalMs)) {
      if (this.#stopping.signal.aborted || this.#held.has(lease.id)) continue;
      try {
        this.#hold(monitored, await monitored.store.change(lease, { owner: this.#self }));
      } catch (error) {
        if (!(error instanceof LeaseLost)) throw error; // another host was faster
      }
    }
  }

  #hold({ container, ranges, store }: Monitored, lease: Lease): void {
    const range = ranges.find(({ minInclusive }) => minInclusive === lease.range.min);
    if (range === undefined) return;
    const held = new HeldLease(store, lease);
    const end = new AbortController();
    if (this.#stopping.signal.aborted) end.abort();
    const feed = new Feed(this.#target, container, range, held, this.#options);
    this.#held.set(held.id, { end, over: this.#serve(feed, held, end) });
    this.#told();
  }

  async #serve(feed: Feed, held: HeldLease, end: AbortController): Promise<void> {
    await Promise.all([this.#read(feed, held, end), this.#renew(held, end)]);
    this.#held.delete(held.id);
    this.#told();
  }

  #told(): void {
    this.#options.log("change feed ranges", { function: this.#target.name, held: this.#held.size });
  }

  /** Reads until told to end, then gives the lease back; a lost lease ends it too. */
  async #read(feed: Feed, held: HeldLease, end: AbortController): Promise<void> {
    while (!end.signal.aborted) {
      try {
        await feed.run(end.signal);
        this.#report(undefined);
      } catch (error) {
        if (error instanceof LeaseLost) end.abort();
        else {
          this.#report(error);
          await waited(this.#options.clock, UNREACHABLE_MS, end.signal);
        }
      }
    }
    await held.release().catch(() => undefined); // lost, or it runs out
  }

  async #renew(held: HeldLease, end: AbortController): Promise<void> {
    const { renewIntervalMs = RENEW_MS } = this.#target.leases;
    while (await waited(this.#options.clock, renewIntervalMs, end.signal)) {
      try {
        await held.renew();
      } catch (error) {
        if (error instanceof LeaseLost) end.abort();
        else this.#report(error);
      }
    }
  }

  /** One line when it goes down, one when it is back. */
  #report(error: unknown): void {
    const { name, containerName, leases } = this.#target;
    if (error === undefined) {
      if (this.#down) this.#options.log("listener recovered", { function: name });
      this.#down = false;
      return;
    }
    if (this.#down || this.#stopping.signal.aborted) return;
    this.#down = true;
    const missing = `container "${containerName}" or its leases container "${leases.containerName}" does not exist; the latter is made when createLeaseContainerIfNotExists is true`;
    const message = describeError(error);
    this.#options.log("listener down", { function: name, error: isStatus(error, 404) ? missing : message });
  }
}
