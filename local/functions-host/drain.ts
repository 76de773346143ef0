export type DrainState = "Disabled" | "InProgress" | "Completed";

/** Where the host is with finishing what it has and taking nothing new, in the words of Azure's own page. */
export class Drain {
  #under: Promise<unknown> | undefined;
  #state: DrainState = "Disabled";

  get state(): DrainState {
    return this.#state;
  }

  /** @param finish begins it; not called while one is under way or done. */
  begin(finish: () => Promise<unknown>): void {
    if (this.#state !== "Disabled") return;
    this.#state = "InProgress";
    const under = finish();
    this.#under = under;
    void under.then(() => this.#over(under));
  }

  /** What is under way goes on to its end, but no longer counts. */
  callOff(): void {
    this.#under = undefined;
    this.#state = "Disabled";
  }

  #over(work: Promise<unknown>): void {
    if (this.#under === work) this.#state = "Completed";
  }
}
