import { setImmediate } from "node:timers/promises";

/**
 * Runs asynchronous work of several processes against shared ports, one port call at a time, in an order that a test
 * decides. Each call is one step: it waits for its turn, takes effect, and answers. A process may die just before or
 * just after the effect of a call: then nothing of it ever runs again, no catch and no finally either.
 */

/**
 * What happens at a step: the call of the process in that place of the row takes effect, where 0 is the one that went
 * last, if it wants to go on, and otherwise the one that has waited longest. Or the process dies over its call.
 */
export interface Happening {
  readonly place: number;
  readonly death?: "before" | "after" | undefined;
}

/** Decides what happens at a step for which that many processes are in the row. */
export type Choose = (processes: number) => Happening;

export type Ending =
  | { readonly kind: "done" }
  | { readonly kind: "died" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Makes every method of a port a step of the process. */
export type Stepping = <T extends object>(port: T) => T;

/** More steps than any sensible run takes: somebody runs in circles. */
const MOST_STEPS = 3000;

interface Process {
  readonly end: (ending: Ending) => void;
  alive: boolean;
}

interface Waiting {
  readonly process: Process;
  readonly go: () => void;
}

export class Interleaving {
  readonly #choose: Choose;
  readonly #waiting: Waiting[] = [];
  #running = 0;
  #steps = 0;
  #last: Process | undefined;
  /** The process that dies as soon as the call whose turn it is has taken effect. */
  #doomed: Process | undefined;

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  /** Somebody has not ended yet. */
  get isBusy(): boolean {
    return this.#running > 0;
  }

  /** Starts a process; `ended` is told how it ended. It takes its first step when it is chosen. */
  spawn(
    work: (stepping: Stepping) => Promise<void>,
    ended: (ending: Ending) => void = () => undefined,
  ): void {
    this.#running++;
    const process: Process = {
      alive: true,
      end: (ending) => {
        if (!process.alive) return;
        process.alive = false;
        this.#running--;
        ended(ending);
      },
    };
    const stepping: Stepping = (port) => this.#steppingFor(process, port);
    work(stepping).then(
      () => process.end({ kind: "done" }),
      (error: unknown) => process.end({ kind: "failed", error }),
    );
  }

  /** Lets steps happen until everybody has ended; `between` runs before each step and may start further processes. */
  async run(between: () => void): Promise<void> {
    for (;;) {
      await setImmediate();
      const running = this.#running;
      between();
      // New processes come as far as their first step.
      if (this.#running > running) await setImmediate();
      if (this.#running === 0) return;
      if (++this.#steps > MOST_STEPS) throw new Error("It never comes to rest");
      this.#step();
    }
  }

  #step(): void {
    const isLast = ({ process }: Waiting): boolean => process === this.#last;
    const row = [...this.#waiting.filter(isLast), ...this.#waiting.filter((one) => !isLast(one))];
    const { place, death } = this.#choose(row.length);
    const next = row[place];
    if (next === undefined) throw new Error("Somebody waits for something that is no step");
    this.#waiting.splice(this.#waiting.indexOf(next), 1);
    this.#last = next.process;
    if (death === "before") return this.#kill(next.process);
    this.#doomed = death === "after" ? next.process : undefined;
    next.go();
  }

  #kill(process: Process): void {
    for (const waiting of this.#waiting.filter((one) => one.process === process)) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    }
    process.end({ kind: "died" });
  }

  #steppingFor<T extends object>(process: Process, port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== "function") return member;
        return async (...args: unknown[]): Promise<unknown> => {
          await this.#turnOf(process);
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was just seen to be a function
          const result = settled(Reflect.apply(member as () => unknown, target, args));
          return await this.#answer(process, await result);
        };
      },
    });
  }

  /** Never comes for a process that is dead. */
  #turnOf(process: Process): Promise<void> {
    return new Promise((go) => {
      if (process.alive) this.#waiting.push({ process, go });
    });
  }

  /** Never comes when the process dies with the effect. */
  async #answer(process: Process, result: PromiseSettledResult<unknown>): Promise<unknown> {
    if (this.#doomed === process) {
      this.#doomed = undefined;
      this.#kill(process);
    }
    if (!process.alive) return await new Promise(() => undefined);
    if (result.status === "rejected") throw result.reason;
    return result.value;
  }
}

async function settled(answer: unknown): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([answer]);
  return result;
}
