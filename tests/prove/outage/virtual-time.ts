import { setImmediate } from "node:timers/promises";

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that passes only from one thing that is due to the next: a day costs what happens in it. */
export class VirtualTime {
  #nowMs: number;
  #order = 0;
  /** A binary heap, the earliest first. */
  readonly #due: Due[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  at(atMs: number, run: () => void): void {
    const entry = { atMs: Math.max(atMs, this.#nowMs), order: this.#order++, run };
    let index = this.#due.push(entry) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(entry, this.#due[parent])) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.at(this.#nowMs + ms, resolve));
  }

  /** Runs all that is due until then, one moment after the other; within a moment everybody comes to rest. */
  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      const next = this.#due[0];
      if (next === undefined || next.atMs > endMs) break;
      this.#nowMs = next.atMs;
      while (this.#due[0]?.atMs === this.#nowMs) this.#take()?.run();
      // Everything in memory settles within promises; after this they have all been followed to their end.
      await setImmediate();
    }
    this.#nowMs = endMs;
  }

  #take(): Due | undefined {
    const first = this.#due[0];
    const last = this.#due.pop();
    if (last === undefined || this.#due.length === 0) return first;
    this.#due[0] = last;
    let index = 0;
    for (;;) {
      const children = [2 * index + 1, 2 * index + 2].filter((child) => child < this.#due.length);
      const least = children.toSorted((a, b) => (isBefore(this.#due[a], this.#due[b]) ? -1 : 1))[0];
      if (least === undefined || !isBefore(this.#due[least], this.#due[index])) return first;
      this.#swap(index, least);
      index = least;
    }
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#due[a], this.#due[b]];
    if (one === undefined || other === undefined) return;
    this.#due[a] = other;
    this.#due[b] = one;
  }
}

function isBefore(a: Due | undefined, b: Due | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
