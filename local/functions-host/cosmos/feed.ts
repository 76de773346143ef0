import { randomUUID } from "node:crypto";
import {
  type ChangeFeedPullModelIterator,
  ChangeFeedStartFrom,
  type Container,
  type FeedRange,
  StatusCodes,
} from "@azure/cosmos";
import type { Clock } from "../../clock/clock.ts";
import type { Log } from "../../part.ts";
import type { CosmosFunction } from "../app/index-functions.ts";
import { invokeWithRetries, waited } from "../retry/invoke-with-retries.ts";
import { childTrace } from "../trace-context.ts";
import type { InvocationRequest, InvocationResponse, RetryContext } from "../worker/wire.ts";
import type { HeldLease } from "./held-lease.ts";

/** Default of the extension. */
const POLL_DELAY_MS = 5000;
/** Default of the service. */
const MAX_ITEMS = 100;

export interface FeedOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly invoke: (request: InvocationRequest) => Promise<InvocationResponse>;
}

/**
 * Reads the changes of one range and hands them to the function, page by page: read -> invoke (again, if there is a retry policy) ->
 * move the lease on -> read. **A function that fails does not stop it: without a retry policy the page is skipped and lost.**
 * Only when the host is stopping does a failed page stay where it was.
 */
export class Feed {
  readonly #target: CosmosFunction;
  readonly #options: FeedOptions;
  readonly #container: Container;
  readonly #range: FeedRange;
  readonly #lease: HeldLease;

  constructor(
    target: CosmosFunction,
    container: Container,
    range: FeedRange,
    lease: HeldLease,
    options: FeedOptions,
  ) {
    this.#target = target;
    this.#container = container;
    this.#range = range;
    this.#lease = lease;
    this.#options = options;
  }

  /** Resolves when told to stop, by then with nothing under way. @throws LeaseLost, or what the client throws */
  async run(stopping: AbortSignal): Promise<void> {
    const feed = this.#open();
    while (!stopping.aborted) {
      const page = await feed.readNext();
      if (page.statusCode === StatusCodes.NotModified) {
        // Held on to from the first look on: what changes while no host runs is then not missed.
        if (this.#lease.continuation === undefined) await this.#lease.moveTo(page.continuationToken);
        await waited(this.#options.clock, this.#target.feedPollDelayMs ?? POLL_DELAY_MS, stopping);
      } else if (page.result.length === 0 || (await this.#hand(page.result, stopping))) {
        await this.#lease.moveTo(page.continuationToken);
      } else {
        return;
      }
    }
  }

  #open(): ChangeFeedPullModelIterator<unknown> {
    const { startFrom, maxItemsPerInvocation: maxItemCount = MAX_ITEMS } = this.#target;
    const { continuation } = this.#lease;
    const from =
      continuation !== undefined
        ? ChangeFeedStartFrom.Continuation(continuation)
        : startFrom === "now"
          ? ChangeFeedStartFrom.Now(this.#range)
          : startFrom === "beginning"
            ? ChangeFeedStartFrom.Beginning(this.#range)
            : ChangeFeedStartFrom.Time(startFrom, this.#range);
    return this.#container.items.getChangeFeedIterator<unknown>({ changeFeedStartFrom: from, maxItemCount });
  }

  /** @returns whether the lease may move on. */
  async #hand(documents: readonly unknown[], stopping: AbortSignal): Promise<boolean> {
    const { name, triggerName, retry: policy } = this.#target;
    const { clock, invoke, log } = this.#options;
    const data = { json: JSON.stringify(documents) };
    const request = (retryContext: RetryContext | undefined): InvocationRequest => ({
      invocationId: randomUUID(),
      functionName: name,
      inputData: [{ name: triggerName, data }],
      triggerMetadata: {},
      traceContext: childTrace(undefined),
      ...(retryContext === undefined ? {} : { retryContext }),
    });
    const ending = await invokeWithRetries(request, { policy, clock, invoke, stopping });
    if (ending === "failed") log("change feed page lost", { function: name, documents: documents.length });
    return ending !== "interrupted";
  }
}
