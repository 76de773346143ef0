import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { isAlive } from "../../../scripts/bootstrap/processes.mjs";
import { eventually } from "./eventually.ts";
import { type Place, readPlace } from "./place.ts";
import { descendantsOf, type Process, signal } from "./processes.ts";

const script = (path: string): URL => new URL(`../../../scripts/${path}`, import.meta.url);
/** As `npm start` runs it: with a channel, so that it ends when the test's process does. */
const WORDS = ["--import", script("bootstrap/preload.ts").href, fileURLToPath(script("start.ts"))];
const STARTS_WITHIN_MS = 45_000;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `scripts/start.ts` as a process, as `npm start` runs it. */
export class CloudProcess {
  readonly child: ChildProcess;
  readonly #home: string;
  readonly #ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(home: string, portOffset: number | string, words: readonly string[] = []) {
    this.#home = home;
    this.child = spawn(process.execPath, [...WORDS, ...words], {
      env: {
        ...process.env,
        EXPEDITE_HOME: home,
        EXPEDITE_PORT_OFFSET: String(portOffset),
        NODE_OPTIONS: "",
      },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = once(this.child, "close").then(() => ({
      code: this.child.exitCode,
      signal: this.child.signalCode,
    }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Resolves when the cloud says that it is ready; throws what it said if it ends instead. */
  async ready(): Promise<Place> {
    return await eventually(() => {
      if (this.child.exitCode !== null) throw new Error(`The cloud ended: ${this.stdout}${this.stderr}`);
      if (!this.stdout.includes("Ready after")) throw new Error(`Not ready: ${this.stdout}${this.stderr}`);
      return readPlace(this.#home);
    }, STARTS_WITHIN_MS);
  }

  /** Everything that runs for this cloud beside the process itself. */
  processes(): Process[] {
    return descendantsOf(this.pid);
  }

  /** The power cut: every process at once, none gets to say a word. */
  async killEverything(): Promise<void> {
    const pids = [this.pid, ...this.processes().map(({ pid }) => pid)];
    for (const pid of pids) signal(pid, "SIGKILL");
    await this.#ended;
    await eventually(() => {
      const alive = pids.filter(isAlive);
      if (alive.length > 0) throw new Error(`Still alive: ${alive.join(", ")}`);
    });
  }

  /** For the end of a test, whatever state the cloud is in. */
  async stop(): Promise<Ended> {
    signal(this.pid, "SIGTERM");
    return await this.#ended;
  }
}
