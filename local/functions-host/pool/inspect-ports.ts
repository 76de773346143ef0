const DEFAULT_PORT = 9229;
const INSPECT = /^(--inspect(?:-brk|-wait)?)(?:=(?:(.+):)?(\d+))?$/;

/**
 * Gives every worker a debugger port of its own: `--inspect` is 9229 for the first, 9230 for the second; a port that
 * became free with its worker is taken again, so that a debugger finds the restarted worker where the old one was.
 */
export class InspectPorts {
  readonly #taken = new Set<number>();

  /** The arguments for one worker, and what to call when it is gone. */
  take(execArgv: readonly string[]): { readonly execArgv: string[]; readonly release: () => void } {
    let place: number | undefined;
    const own = execArgv.map((argument) => {
      const [, flag, host, port] = INSPECT.exec(argument) ?? [];
      if (flag === undefined || port === "0") return argument;
      place ??= this.#lowestFree();
      return `${flag}=${host === undefined ? "" : `${host}:`}${Number(port ?? DEFAULT_PORT) + place}`;
    });
    const release = (): void => {
      if (place !== undefined) this.#taken.delete(place);
    };
    return { execArgv: own, release };
  }

  #lowestFree(): number {
    let place = 0;
    while (this.#taken.has(place)) place += 1;
    this.#taken.add(place);
    return place;
  }
}
