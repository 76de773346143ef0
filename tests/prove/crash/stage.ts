import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Delivery } from "#shared/contracts/delivery.ts";
import type { OrderRequest } from "#shared/contracts/order-request.ts";
import type { Answer } from "#shared/domain/question.ts";
import { orderIdFor } from "#shared/domain/ids.ts";
import { compare, faultsOfCancelled, type Partner, setMode } from "../../journey/support/partner-books.ts";
import {
  brandNames,
  cancelWhatever,
  type PlacedOrder,
  placeWhatever,
  requestFor,
} from "../../journey/support/storefront.ts";
import type { Promised } from "./promised.ts";
import type { Books } from "../support/books.ts";
import type { ProvingCloud } from "../support/proving-cloud.ts";

const LOOK_AGAIN_AFTER_MS = 40;
/** When nothing came for so long, all that is left is waiting, and the clock may jump. */
const STUCK_AFTER_MS = 300;
/** More than the sweep leaves an outbox alone, less than a lock lasts: what is being handled keeps its lock. */
const JUMP_MS = 11_000;
const GIVE_UP_AFTER_MS = 120_000;

export interface StageOptions {
  readonly cloud: ProvingCloud;
  readonly books: Books;
  /** The Idempotency-Key, from which the order has its id. */
  readonly key: string;
  readonly deadLettersBefore: number;
  readonly change: (request: OrderRequest) => OrderRequest;
}

/** One order's life in a cloud where a process may die at any moment, seen from the storefront. */
export class Stage {
  readonly order: PlacedOrder;
  /** Effects that came twice where that had to be expected. */
  repeated = 0;
  readonly #options: StageOptions;
  readonly #cloud: ProvingCloud;
  readonly #books: Books;
  readonly #key: string;
  readonly #deadLettersBefore: number;

  constructor(options: StageOptions) {
    const { cloud, books, key, deadLettersBefore, change } = options;
    this.#options = options;
    const brand = brandNames[0];
    this.order = { id: orderIdFor(brand, key), brand, request: change(requestFor(cloud.place, brand)) };
    this.#cloud = cloud;
    this.#books = books;
    this.#key = key;
    this.#deadLettersBefore = deadLettersBefore;
  }

  /** Posts until somebody answers 202, always under the same key. */
  async place(): Promise<void> {
    const { brand, request, id } = this.order;
    const giveUp = AbortSignal.timeout(GIVE_UP_AFTER_MS);
    const placed = await placeWhatever(this.#cloud.place, brand, this.#key, request, giveUp);
    if (placed.id !== id) throw new Error(`The order is called ${placed.id}, expected ${id}`);
  }

  /** Further orders of the same kind in the same cloud. */
  siblings(count: number): Stage[] {
    return Array.from(
      { length: count },
      (_, index) => new Stage({ ...this.#options, key: `${this.#key}-${index}` }),
    );
  }

  /** While it is away nothing is delivered, and nothing can be published. */
  async takeServiceBusAway(): Promise<void> {
    await this.#cloud.stopServiceBus();
  }

  async bringServiceBusBack(): Promise<void> {
    await this.#cloud.startServiceBus();
  }

  /** As when a new version is deployed: what is under way may end, within what draining allows. */
  async restartApp(): Promise<void> {
    await this.#cloud.restartApp();
  }

  /** Runs a timer's function now, and waits until it is over, in whatever way. */
  async runTimer(functionName: string): Promise<void> {
    const { functions } = this.#cloud.place;
    const headers = { "x-functions-key": this.#cloud.masterKey, "content-type": "application/json" };
    await this.#untilTaken(`${functions}/admin/functions/${functionName}`, headers, "{}");
    await this.until(async () => {
      const answer = await fetch(`${functions}/admin/host/drain/status`, { headers });
      const { outstandingInvocations }: { outstandingInvocations: number } = JSON.parse(await answer.text());
      return outstandingInvocations === 0 ? undefined : `${outstandingInvocations} invocations run`;
    });
  }

  async cancel(): Promise<void> {
    await cancelWhatever(this.#cloud.place, this.order, AbortSignal.timeout(GIVE_UP_AFTER_MS));
  }

  /** The customer's answer, by the link in the mail, until somebody takes it. */
  async answer(answer: Answer): Promise<void> {
    const { brand, id } = this.order;
    const url = this.#cloud.links.urlFor(await this.#books.order(brand, id));
    if (url === undefined) throw new Error(`${id}: nobody was asked anything`);
    await this.#untilTaken(url, { "content-type": "application/json" }, JSON.stringify(answer));
  }

  /** Until somebody takes it. */
  async handOver(vendor: string): Promise<void> {
    const { functions, keys } = this.#cloud.place;
    const url = `${functions}/api/vendor/orders/${this.order.id}/handover`;
    await this.#untilTaken(url, { authorization: `Bearer ${keys.vendor[vendor] ?? ""}` });
  }

  async #untilTaken(url: string, headers: Record<string, string>, body?: string): Promise<void> {
    const giveUp = AbortSignal.timeout(GIVE_UP_AFTER_MS);
    for (;;) {
      const asked = { method: "POST", headers, ...(body === undefined ? {} : { body }) };
      const response = await fetch(url, { ...asked, signal: AbortSignal.timeout(10_000) }).catch(
        () => undefined,
      );
      const text = await response?.text().catch(() => undefined);
      if (response !== undefined && response.status < 500) {
        if (response.ok) return;
        throw new Error(`${url} answered ${response.status}: ${text}`);
      }
      giveUp.throwIfAborted();
      await pause(100);
    }
  }

  /** The ledger forgets what became of the order's notices. */
  async loseNotices(): Promise<void> {
    await this.#books.loseNotices(this.order.id);
  }

  /** Gives every vendor its endpoint back, and the processes time to forget how it was. */
  async enableEndpoints(): Promise<void> {
    await this.#books.enableEndpoints();
    this.letPass(60_000);
  }

  /** Nothing but time goes by. */
  letPass(ms: number): void {
    this.#cloud.clock.jump(ms);
  }

  /** Puts a partner into a mode, as far as this order is concerned, unless it says what else. */
  async make(partner: Partner, mode: Readonly<{ mode: string; [option: string]: unknown }>): Promise<void> {
    await setMode(this.#cloud.place, partner, mode.mode === "ok" ? mode : { only: [this.order.id], ...mode });
  }

  /** Waits, over jumps of the clock, until `look` answers nothing; throws what it said last. */
  async until(look: () => Promise<string | undefined>): Promise<void> {
    const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
    let quietSince = performance.now();
    let said: string | undefined;
    for (;;) {
      const now = await look();
      if (now === undefined) return;
      if (performance.now() > giveUpAt) throw new Error(now);
      if (now !== said) quietSince = performance.now();
      said = now;
      if (performance.now() - quietSince > STUCK_AFTER_MS) {
        this.#cloud.clock.jump(JUMP_MS);
        quietSince = performance.now();
      }
      await pause(LOOK_AGAIN_AFTER_MS);
    }
  }

  /** How the order stands, until it stands so. */
  async notYet(status: Promised["status"]): Promise<string | undefined> {
    const { status: now } = await this.#books.standingOf(this.order.brand, this.order.id);
    return now === status ? undefined : `it is ${now}`;
  }

  /** While none of the order's notices is in this state. */
  async noneIs(state: Delivery["state"]): Promise<string | undefined> {
    const { notices } = await this.#books.standingOf(this.order.brand, this.order.id);
    return (notices[state] ?? 0) > 0 ? undefined : `no notice is ${state}`;
  }

  /** While every circuit lets calls through. */
  async noneOpen(): Promise<string | undefined> {
    return (await this.#books.openCircuits()) > 0 ? undefined : "no circuit is open";
  }

  /** What of these effects the partners have not seen yet. */
  async missing(effects: readonly string[]): Promise<string | undefined> {
    const { missing } = compare(await this.#books.effectsOf(this.order.id), effects);
    return missing.length === 0 ? undefined : `missing: ${missing.join(", ")}`;
  }

  /** Waits until a cancelled order ended in peace, whatever it had come to: see `faultsOfCancelled`. */
  async settledAfterCancellation(): Promise<void> {
    const { id, brand } = this.order;
    await this.until(async () => {
      const [fault] = faultsOfCancelled(this.order, await this.#books.effectsOf(id));
      if (fault !== undefined) return fault;
      const { status, owesMessages } = await this.#books.standingOf(brand, id);
      if (owesMessages || (status !== "cancelled" && status !== "refunded")) return `it is ${status}`;
      const { waiting } = await this.#books.queues();
      return waiting === 0 ? undefined : `${waiting} messages wait`;
    });
    const [fault] = faultsOfCancelled(this.order, await this.#books.effectsOf(id));
    if (fault !== undefined) throw new Error(fault);
  }

  /** Waits until the order stands as promised and nothing of it is under way any more; what came too often is an error. */
  async settled(promised: Promised): Promise<void> {
    const { id, brand } = this.order;
    await this.until(async () => {
      const missing = await this.missing(promised.effects);
      if (missing !== undefined) return missing;
      const { status, owesMessages, notices, goods } = await this.#books.standingOf(brand, id);
      if (status !== promised.status || owesMessages)
        return `${status}, outbox ${owesMessages ? "full" : "empty"}`;
      if (promised.goods !== undefined && goods !== promised.goods) return `the goods are ${goods}`;
      if (!isDeepStrictEqual(notices, promised.notices)) return `notices: ${JSON.stringify(notices)}`;
      const { waiting, deadLetters } = await this.#books.queues();
      if (waiting > 0) return `${waiting} messages wait`;
      const left = deadLetters - this.#deadLettersBefore;
      return left === (promised.deadLetters ?? 0) ? undefined : `${left} dead letters`;
    });
    const { surplus } = compare(await this.#books.effectsOf(id), promised.effects);
    const unexcused = surplus.filter((effect) => promised.mayRepeat?.test(effect) !== true);
    if (unexcused.length > 0) throw new Error(`too often: ${unexcused.join(", ")}`);
    this.repeated += surplus.length;
  }
}
