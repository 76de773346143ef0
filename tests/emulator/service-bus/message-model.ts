/** Where a message can be; `absent` = it never came, `gone` = it was completed or cancelled. */
export type Where = "absent" | "active" | "deferred" | "scheduled" | "dead" | "gone";

interface Modelled {
  /** More than one while an operation is under way, or when a kill swallowed its answer. */
  where: Set<Where>;
  attempts: { min: number; max: number };
  /** It was sent together with these. */
  readonly batch: readonly string[];
  seen: boolean;
}

export interface Found {
  readonly id: string;
  readonly where: Where;
  readonly sequence: number;
  readonly attempts: number;
}

/** What the broker may show, judged by what it has acknowledged. */
export class MessageModel {
  readonly #messages = new Map<string, Modelled>();
  readonly #numbers = new Map<string, string>();
  #next = 0;
  /** What the broker showed and could not be. */
  readonly violations: string[] = [];

  get size(): number {
    return this.#messages.size;
  }

  /** Ids for messages about to be sent in one go. */
  attempt(count: number, where: Where): string[] {
    const batch = Array.from({ length: count }, () => `m-${this.#next++}`);
    for (const id of batch) {
      const attempts = { min: 0, max: 0 };
      this.#messages.set(id, { where: new Set(["absent", where]), attempts, batch, seen: false });
    }
    return batch;
  }

  /** Runs an operation that moves messages; if it fails, they may be at either place. */
  async move(ids: readonly string[], to: Where, attempts: 0 | 1, operation: () => Promise<unknown>) {
    for (const message of ids.map((id) => this.#get(id))) {
      message.where.add(to);
      message.attempts.max += attempts;
    }
    await operation();
    for (const message of ids.map((id) => this.#get(id))) {
      message.where = new Set([to]);
      message.attempts.min += attempts;
    }
  }

  /** A message was received or peeked: is that possible? Since it was seen, it stays seen. */
  observe({ id, where, sequence, attempts }: Found, queue: string): void {
    const message = this.#get(id);
    const { min, max } = message.attempts;
    this.#check(message.where.has(where), `${id} was found ${where}, not ${[...message.where].join(" or ")}`);
    this.#check(attempts >= min && attempts <= max, `${id} shows ${attempts} attempts, not ${min} to ${max}`);
    const number = `${queue}/${sequence}`;
    this.#check((this.#numbers.get(number) ?? id) === id, `the number ${number} was given twice`);
    this.#numbers.set(number, id);
    message.where = new Set([where]);
    message.attempts = { min: attempts, max: attempts };
    message.seen = true;
  }

  /** Everything that is there after a restart: nothing may be missing, nothing half done. */
  reconcile(found: readonly Found[], queue: string): void {
    const ids = found.map(({ id }) => id);
    this.#check(ids.length === new Set(ids).size, "a message is there twice");
    for (const one of found) this.observe(one, one.where === "dead" ? `${queue}/dead` : queue);
    const present = new Set(ids);
    for (const [id, message] of this.#messages) {
      if (present.has(id)) continue;
      const mayBeMissing = message.where.has("gone") || (message.where.has("absent") && !message.seen);
      this.#check(mayBeMissing, `${id} is lost; it was ${[...message.where].join(" or ")}`);
      // What was never seen never came, unless it was taken back as scheduled.
      message.where = new Set([message.seen || !message.where.has("absent") ? "gone" : "absent"]);
    }
    for (const [id, { batch, seen }] of this.#messages) {
      const whole = batch.every((other) => this.#get(other).seen === seen || !this.#wasAbsent(other));
      this.#check(whole, `the batch of ${id} arrived in part`);
    }
  }

  /** A message that surely is there. */
  surely(where: Where): string | undefined {
    const ids = [...this.#messages].filter(([, one]) => one.where.size === 1 && one.where.has(where));
    return ids[Math.floor(Math.random() * ids.length)]?.[0];
  }

  #check(holds: boolean, violation: string): void {
    if (!holds) this.violations.push(violation);
  }

  #wasAbsent(id: string): boolean {
    const { where, seen } = this.#get(id);
    return !seen && where.has("absent");
  }

  #get(id: string): Modelled {
    const message = this.#messages.get(id);
    if (message === undefined) throw new Error(`nobody sent '${id}'`);
    return message;
  }
}
