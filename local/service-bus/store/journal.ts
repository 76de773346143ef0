import type { Log } from "../../part.ts";
import type { GroupCommit } from "../../sqlite/group-commit.ts";

interface Group {
  readonly durable: Promise<void>;
  readonly entries: { readonly applied: () => void; readonly failed: (error: unknown) => void }[];
}

/**
 * Writes with consequences. `work` runs at once inside the open transaction; `applied` runs when it is on
 * disk, `failed` when it never will be. All consequences of one transaction run in the order of their
 * writes, in one go: memory therefore changes in exactly the order of the disk.
 */
export class Journal {
  readonly #commit: GroupCommit;
  readonly #log: Log;
  readonly #onFailure: () => void;
  #group: Group | undefined;

  /** `onFailure` runs before any `failed`, whenever something written was undone. */
  constructor(commit: GroupCommit, log: Log, onFailure: () => void) {
    this.#commit = commit;
    this.#log = log;
    this.#onFailure = onFailure;
  }

  /** `weight` says how many writes it is worth, when it is a batch. */
  write<T>(work: () => T, applied: (result: T) => void, failed: (error: unknown) => void, weight = 1): void {
    this.#write(() => this.#commit.run(work, weight), applied, failed);
  }

  /**
   * `write` at a lower price, for work that only a failing disk can stop: if it throws, all writes of the transaction
   * are undone and fail with it.
   */
  writePlain<T>(
    work: () => T,
    applied: (result: T) => void,
    failed: (error: unknown) => void,
    weight = 1,
  ): void {
    this.#write(() => this.#commit.runOrUndoAll(work, weight), applied, failed);
  }

  #write<T>(
    run: () => readonly [T, Promise<void>],
    applied: (result: T) => void,
    failed: (error: unknown) => void,
  ): void {
    let written;
    try {
      written = run();
    } catch (error) {
      this.#onFailure();
      queueMicrotask(() => this.#guard(() => failed(error)));
      return;
    }
    const [result, durable] = written;
    this.#groupOf(durable).entries.push({ applied: () => applied(result), failed });
  }

  /** `write` as a promise, for what happens rarely. */
  change<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => this.write(work, resolve, reject));
  }

  /** Resolves when everything written so far is on disk and has had its consequences. */
  async settled(): Promise<void> {
    const group = this.#group;
    if (group !== undefined) await group.durable.catch(() => undefined);
  }

  #groupOf(durable: Promise<void>): Group {
    if (this.#group?.durable === durable) return this.#group;
    const group: Group = { durable, entries: [] };
    this.#group = group;
    durable.then(
      () => this.#finish(group, (entry) => entry.applied()),
      (error: unknown) => {
        this.#log("service-bus.commit-failed", { error: String(error) });
        this.#onFailure();
        this.#finish(group, (entry) => entry.failed(error));
      },
    );
    return group;
  }

  #finish(group: Group, tell: (entry: Group["entries"][number]) => void): void {
    if (this.#group === group) this.#group = undefined;
    for (const entry of group.entries) this.#guard(() => tell(entry));
  }

  /** One consequence that throws must not keep the others from happening. */
  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#log("service-bus.bug", {
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  }
}
