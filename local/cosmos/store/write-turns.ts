/** Work of several requests that is done together. */
interface Turn {
  readonly works: (() => void)[];
  /** One of them may give up half-way. */
  wayBack: boolean;
  /** What ends it is under way. */
  ending: boolean;
  readonly done: PromiseWithResolvers<boolean>;
}

/** From so many on, works count as a crowd: its next members are on their way. */
const CROWD = 4;
/** How long a crowd waits for its members. A commit costs more than ten of them. */
const GATHER_MS = 1;

/**
 * Gathers writes for one commit: those of one turn of the event loop and, while many clients write at the same time, of the
 * millisecond behind it, until there are as many as last time. Who writes alone does not wait.
 */
export class WriteTurns {
  readonly #run: (work: () => void, wayBack: boolean) => Promise<void>;
  #open: Turn | undefined;
  #lastSize = 0;

  /** `run` does the work and resolves when it is durable; if it rejects, nothing was done. */
  constructor(run: (work: () => void, wayBack: boolean) => Promise<void>) {
    this.#run = run;
  }

  /** Resolves with true when the work is done and durable, with false if all of its turn was undone. */
  add(work: () => void, wayBack: boolean): Promise<boolean> {
    const turn = (this.#open ??= this.#begin());
    turn.works.push(work);
    turn.wayBack ||= wayBack;
    if (!turn.ending && turn.works.length >= this.#lastSize) this.#endSoon(turn);
    return turn.done.promise;
  }

  #begin(): Turn {
    const turn = { works: [], wayBack: false, ending: false, done: Promise.withResolvers<boolean>() };
    if (this.#lastSize < CROWD) this.#endSoon(turn);
    else setTimeout(() => this.#end(turn), GATHER_MS);
    return turn;
  }

  #endSoon(turn: Turn): void {
    turn.ending = true;
    setImmediate(() => this.#end(turn));
  }

  #end(turn: Turn): void {
    if (this.#open !== turn) return;
    this.#open = undefined;
    const { works, wayBack, done } = turn;
    this.#lastSize = works.length;
    const all = (): void => {
      for (const work of works) work();
    };
    this.#run(all, wayBack).then(
      () => done.resolve(true),
      () => done.resolve(false),
    );
  }
}
