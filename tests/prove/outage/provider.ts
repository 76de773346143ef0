import { TransientFault } from "#shared/ports/faults.ts";
import type { Mail, Mailer, MailOutcome } from "#shared/ports/mailer.ts";
import type { VirtualTime } from "./virtual-time.ts";

export interface ProviderOptions {
  readonly downFromMs: number;
  readonly downUntilMs: number;
  /** After the outage it takes so many calls in any second, and says 429 to the others. */
  readonly perSecond: number;
}

const ANSWERS_AFTER_MS = 80;
const SECOND = 1000;

/** A mail provider that is away for hours, comes back, and then limits the rate. Counts everything. */
export class Provider implements Mailer {
  readonly provider = "virtual";
  readonly keepsOperations = true;
  readonly #time: VirtualTime;
  readonly #options: ProviderOptions;
  readonly #sent = new Map<string, number>();
  /** Calls of the last second. */
  #recent: number[] = [];
  #accepted: number[] = [];
  calls = 0;
  callsDuringOutage = 0;
  refusedByRate = 0;
  sentTwice = 0;
  /** Most calls in any second after the outage, refused ones included. */
  peakPerSecond = 0;

  constructor(time: VirtualTime, options: ProviderOptions) {
    this.#time = time;
    this.#options = options;
  }

  /** What it has told us of its rate. */
  get perSecond(): number {
    return this.#options.perSecond;
  }

  /** When each mail was taken, by operation. */
  get sent(): ReadonlyMap<string, number> {
    return this.#sent;
  }

  async send({ operationId }: Pick<Mail, "operationId">): Promise<void> {
    await this.#answer();
    if (this.#sent.has(operationId)) this.sentTwice++;
    else this.#sent.set(operationId, this.#time.now());
  }

  async outcome(operationId: string): Promise<MailOutcome> {
    await this.#answer();
    return this.#sent.has(operationId) ? "sent" : "unknown";
  }

  async #answer(): Promise<void> {
    const { downFromMs, downUntilMs, perSecond } = this.#options;
    const nowMs = this.#time.now();
    this.calls++;
    const isDown = nowMs >= downFromMs && nowMs < downUntilMs;
    if (isDown) this.callsDuringOutage++;
    const isLimited = nowMs >= downUntilMs;
    const isRefused = isLimited && !this.#isWithin(perSecond, nowMs);
    await this.#time.sleep(ANSWERS_AFTER_MS);
    if (isDown) throw new TransientFault("answered 503");
    if (isRefused) throw new TransientFault("answered 429", { kind: "throttled", retryAfterMs: SECOND });
  }

  #isWithin(perSecond: number, nowMs: number): boolean {
    const isRecent = (atMs: number): boolean => atMs > nowMs - SECOND;
    this.#recent = [...this.#recent.filter(isRecent), nowMs];
    this.peakPerSecond = Math.max(this.peakPerSecond, this.#recent.length);
    this.#accepted = this.#accepted.filter(isRecent);
    if (this.#accepted.length >= perSecond) {
      this.refusedByRate++;
      return false;
    }
    this.#accepted.push(nowMs);
    return true;
  }
}
