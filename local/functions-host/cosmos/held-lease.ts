import type { Lease, LeaseStore } from "./lease-store.ts";

/** A lease while this host has it. Its changes happen one after the other, each on the outcome of the one before. */
export class HeldLease {
  readonly #store: LeaseStore;
  #lease: Lease;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: LeaseStore, lease: Lease) {
    this.#store = store;
    this.#lease = lease;
  }

  get id(): string {
    return this.#lease.id;
  }

  get range(): Lease["range"] {
    return this.#lease.range;
  }

  get continuation(): string | undefined {
    return this.#lease.continuation;
  }

  /** @throws LeaseLost */
  renew(): Promise<void> {
    return this.#change({});
  }

  /** @throws LeaseLost */
  moveTo(continuation: string): Promise<void> {
    return this.#change({ continuation });
  }

  /** Others may take it at once. @throws LeaseLost */
  release(): Promise<void> {
    return this.#change({ owner: null });
  }

  #change(change: { owner?: null; continuation?: string }): Promise<void> {
    const next = this.#afterTheLast(change);
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #afterTheLast(change: { owner?: null; continuation?: string }): Promise<void> {
    await this.#last;
    this.#lease = await this.#store.change(this.#lease, change);
  }
}
