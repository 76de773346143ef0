import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Books } from "../support/books.ts";
import { firedFile, type Kill, metFile } from "../support/control.ts";
import { ProvingCloud } from "../support/proving-cloud.ts";
import { requestOf, type Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios.ts";
import { Stage } from "./stage.ts";

/** A place in our code where a process can die: an `await`, in the course of one function's invocation. */
export interface Met {
  readonly point: string;
  readonly during: string;
}

/** What the workers come past while each scenario is played. */
export interface Recording {
  readonly scenario: string;
  readonly met: readonly Met[];
}

export interface Task {
  readonly scenario: string;
  /** All in the same course, in whatever order it comes past them. */
  readonly kills: readonly Kill[];
}

export interface Result {
  readonly task: Task;
  /** Where a process died as it was told to. */
  readonly killed: readonly Kill[];
  /** What stood otherwise than promised at the end; undefined = nothing. */
  readonly wrong: string | undefined;
  /** Effects that came twice where that cannot be helped. */
  readonly repeated: number;
}

const NO_CHANGES = {};

/** Who watches over all orders is set off by hand, in some courses: the others jump over hours and would wait for it. */
const NOBODY_WATCHES = { RECONCILE_SCHEDULE: "0 0 0 1 1 *", WATCH_SCHEDULE: "0 0 0 1 1 *" };

/** One cloud in which scenario after scenario is played, each with an order of its own. */
export class Theatre {
  readonly #cloud: ProvingCloud;
  readonly #books: Books;
  readonly #firstKills: ReadonlyMap<string, Omit<Kill, "name">>;
  #settings: Readonly<Record<string, string>> = NO_CHANGES;
  #played = 0;
  #deadLetters = 0;

  private constructor(cloud: ProvingCloud, firstKills: ReadonlyMap<string, Omit<Kill, "name">>) {
    this.#cloud = cloud;
    this.#books = new Books(cloud.place);
    this.#firstKills = firstKills;
  }

  /** `firstKills`: by scenario, the kill that happens in it in any case. */
  static async open(appRoot: string, firstKills: ReadonlyMap<string, Omit<Kill, "name">>): Promise<Theatre> {
    // Workers start often here. A process that ends by itself leaves what it compiled to those that come after it.
    process.env["NODE_COMPILE_CACHE"] = join(appRoot, "compiled");
    const cloud = await ProvingCloud.open({ appRoot, settings: NOBODY_WATCHES });
    await cloud.stopApp();
    await cloud.startApp();
    return new Theatre(cloud, firstKills);
  }

  async record(): Promise<Recording[]> {
    const recordings: Recording[] = [];
    for (const scenario of scenarios) {
      this.#cloud.control({ recording: true });
      rmSync(metFile(this.#cloud.folder), { force: true });
      await this.#play(scenario, []);
      this.#cloud.control({ recording: false });
      const lines = new Set(readFileSync(metFile(this.#cloud.folder), "utf8").trim().split("\n"));
      const met = [...lines].map((line) => {
        const [point = "", during = ""] = line.split("\t");
        return { point, during };
      });
      recordings.push({ scenario: scenario.name, met });
    }
    return recordings;
  }

  /** Plays the scenario with the kills; those that it does not come past any more are tried again, each alone. */
  async kill(task: Task): Promise<Result> {
    const scenario = scenarios.find(({ name }) => name === task.scenario);
    if (scenario === undefined) throw new Error(`There is no scenario ${task.scenario}`);
    let repeated = 0;
    let wrong: string | undefined;
    try {
      repeated += await this.#play(scenario, task.kills);
      for (const kill of task.kills) repeated += await this.#killAlone(scenario, kill);
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    return { task, killed: task.kills.filter((kill) => this.#fired(kill)), wrong, repeated };
  }

  async #killAlone(scenario: Scenario, kill: Kill): Promise<number> {
    let repeated = 0;
    // What is remembered is not asked again: once more with processes that remember nothing.
    for (let tries = 0; tries < 2 && !this.#fired(kill); tries++) {
      if (tries > 0) for (const pid of this.#cloud.workers) process.kill(pid, "SIGKILL");
      repeated += await this.#play(scenario, [kill]);
    }
    return repeated;
  }

  /** Courses so far, tries included. */
  get played(): number {
    return this.#played;
  }

  async close(): Promise<void> {
    this.#books.close();
    await this.#cloud.close();
  }

  #fired(kill: Kill): boolean {
    return existsSync(firedFile(this.#cloud.folder, kill));
  }

  async #play(scenario: Scenario, kills: readonly Kill[]): Promise<number> {
    await this.#useSettings(scenario.settings ?? NO_CHANGES);
    const number = this.#played++;
    const always = this.#firstKills.get(scenario.name);
    const first = always === undefined ? [] : [{ ...always, name: `always-${number}`, isFirst: true }];
    await this.#forgetCircuits();
    this.#cloud.control({ kills: [...first, ...kills] });
    const stage = new Stage({
      cloud: this.#cloud,
      books: this.#books,
      key: `prove-${number}`,
      change: requestOf(scenario),
      deadLettersBefore: this.#deadLetters,
    });
    try {
      await scenario.play(stage);
      return stage.repeated;
    } finally {
      this.#cloud.control({ kills: [] });
      this.#deadLetters = (await this.#books.queues()).deadLetters;
    }
  }

  /** What one course met of the partners says nothing to the next. */
  async #forgetCircuits(): Promise<void> {
    await this.#books.forgetCircuits();
    // Processes remember for five seconds what is stored.
    this.#cloud.clock.jump(6000);
  }

  async #useSettings(settings: Readonly<Record<string, string>>): Promise<void> {
    if (settings === this.#settings) return;
    await this.#cloud.stopApp();
    await this.#cloud.startApp(settings);
    this.#settings = settings;
  }
}
