/** Work of several requests that is done together. */
interface Turn {
  readonly works: (() => void)[];
  /** One of them may give up half-way. */
  wayBack: boolean;
  readonly done: PromiseWithResolvers<boolean>;
}

/** Gathers the writes of one turn of the event loop, which are then done together. */
export class WriteTurns {
  readonly #run: (work: () => void, wayBack: boolean) => Promise<void>;
  #open: Turn | undefined;

  /** `run` does the work and resolves when it is durable; if it rejects, nothing was done. */
  constructor(run: (work: () => void, wayBack: boolean) => Promise<void>) {
    this.#run = run;
  }

  /** Resolves with true when the work is done and durable, with false if all of its turn was undone. */
  add(work: () => void, wayBack: boolean): Promise<boolean> {
    const turn = (this.#open ??= this.#begin());
    turn.works.push(work);
    turn.wayBack ||= wayBack;
    return turn.done.promise;
  }

  #begin(): Turn {
    const turn = { works: [], wayBack: false, done: Promise.withResolvers<boolean>() };
    setImmediate(() => this.#end(turn));
    return turn;
  }

  #end({ works, wayBack, done }: Turn): void {
    this.#open = undefined;
    const all = (): void => {
      for (const work of works) work();
    };
    this.#run(all, wayBack).then(
      () => done.resolve(true),
      () => done.resolve(false),
    );
  }
}
