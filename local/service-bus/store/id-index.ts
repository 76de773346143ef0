/**
 * From the hash of a message id to the number of its entry in the log, in 16 to 64 bytes per id. Several ids
 * can share a hash, and entries may be out of date: whoever looks compares with the log itself.
 */
export class IdIndex {
  #hashes = new Float64Array(INITIAL_SLOTS);
  /** 0 = the slot is free; the log counts from 1. */
  #entries = new Float64Array(INITIAL_SLOTS);
  #used = 0;

  /** Entries that may be of that hash. */
  *candidates(hash: number): Generator<number> {
    for (let at = this.#slot(hash); this.#entries[at] !== 0; at = this.#after(at)) {
      if (this.#hashes[at] === hash) yield this.#entries[at] ?? 0;
    }
  }

  /** Entries older than `oldest` are forgotten when room is needed. */
  add(hash: number, entry: number, oldest: number): void {
    if (this.#used * 2 >= this.#entries.length) this.#rebuild(oldest);
    this.#put(hash, entry);
  }

  #rebuild(oldest: number): void {
    const [hashes, entries] = [this.#hashes, this.#entries];
    const live = entries.reduce((count, entry) => count + (entry >= oldest && entry > 0 ? 1 : 0), 0);
    let slots = INITIAL_SLOTS;
    while (slots < live * 4) slots *= 2;
    this.#hashes = new Float64Array(slots);
    this.#entries = new Float64Array(slots);
    this.#used = 0;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] ?? 0;
      if (entry > 0 && entry >= oldest) this.#put(hashes[at] ?? 0, entry);
    }
  }

  #put(hash: number, entry: number): void {
    let at = this.#slot(hash);
    while (this.#entries[at] !== 0) at = this.#after(at);
    this.#hashes[at] = hash;
    this.#entries[at] = entry;
    this.#used++;
  }

  #slot(hash: number): number {
    return hash % this.#entries.length;
  }

  #after(at: number): number {
    return at + 1 === this.#entries.length ? 0 : at + 1;
  }
}

/** A power of two, so that the low bits of a hash choose its slot. */
const INITIAL_SLOTS = 1024;
/** Differs in every process: nobody can choose ids that all fall into one place. */
const SEED = Math.floor(Math.random() * 0xffff_ffff);

/** 52 bits of a text, spread evenly. */
export function hashOf(text: string): number {
  let low = SEED ^ 0x811c_9dc5;
  let high = SEED ^ 0x9e37_79b9;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x0100_0193);
    high = Math.imul(high ^ code, 0x85eb_ca6b);
    high ^= high >>> 13;
  }
  low ^= low >>> 16;
  return ((high >>> 0) & 0xf_ffff) * 0x1_0000_0000 + (Math.imul(low, 0xc2b2_ae35) >>> 0);
}
