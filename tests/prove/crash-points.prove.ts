/**
 * Every `await` of our own code in the path of an order, found in the sources and not in a list: a process is killed (SIGKILL)
 * before and after each, and the partners' ledgers must show every effect once.
 *
 * `node tests/prove/crash-points.prove.ts [word …]`: only points whose name contains a word.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AwaitPoint } from "./support/await-points.ts";
import { type Kill, phases } from "./support/control.ts";
import { buildInstrumentedApp } from "./support/instrumented-app.ts";
import type { Answer, Order } from "./crash/lane.ts";
import { DEATHS_IN_A_COURSE, type Scenario } from "./crash/scenario.ts";
import { scenarios } from "./crash/scenarios.ts";
import type { Met, Recording, Result, Task } from "./crash/theatre.ts";
import { explanationOf, isMetByChance } from "./crash/unreached.ts";
import { concludes } from "./support/verdict.ts";

const LANE = fileURLToPath(new URL("crash/lane.ts", import.meta.url));

/** An order's life after a death is half waiting. */
const LANES = 3;

class Lane {
  readonly #child: ChildProcess = fork(LANE, { serialization: "advanced" });
  readonly #ended = once(this.#child, "exit").then(() => {
    throw new Error("A lane ended before its work was done");
  });

  constructor() {
    // At the end of all there is nobody left to tell.
    this.#ended.catch(() => undefined);
  }

  async ask(order: Order): Promise<Answer> {
    this.#child.send(order);
    const [answer]: Answer[] = await Promise.race([once(this.#child, "message"), this.#ended]);
    if (answer === undefined || answer.kind === "failed") throw new Error(answer?.error ?? "no answer");
    return answer;
  }
}

function firstKills(points: readonly AwaitPoint[]): [string, Omit<Kill, "name">][] {
  return scenarios.flatMap(({ name, killedAt }) => {
    if (killedAt === undefined) return [];
    const { file, text, during } = killedAt;
    const point = points.find(({ id, text: line }) => id.startsWith(`${file}:`) && line.includes(text));
    if (point === undefined) throw new Error(`${name}: no await in ${file} is in a line with ${text}`);
    return [[name, { point: point.id, during, phase: "before" }]];
  });
}

interface Course {
  readonly scenario: Scenario;
  /** The places that it does not come past by chance. */
  readonly met: readonly Met[];
}

function coursesOf(recordings: readonly Recording[]): Course[] {
  return scenarios.map((scenario) => {
    const met = recordings.find((recording) => recording.scenario === scenario.name)?.met ?? [];
    return { scenario, met: met.filter((each) => !isMetByChance(scenario, each)) };
  });
}

/** Each place once, before and after, in the first course that comes past it. */
function tasksOf(courses: readonly Course[], words: readonly string[]): Task[] {
  const taken = new Set<string>();
  return courses.flatMap(({ scenario: { name: scenario, mostDeaths = DEATHS_IN_A_COURSE }, met }) => {
    const kills = met.flatMap((one): Kill[] => {
      const place = placeOf(one);
      const isWanted = words.length === 0 || words.some((word) => place.includes(word));
      if (taken.has(place) || !isWanted) return [];
      taken.add(place);
      const during = one.during === "start" ? undefined : one.during;
      const name = place.replaceAll(/\W/g, "-");
      return phases.map((phase) => ({ name: `${phase}-${name}`, point: one.point, during, phase }));
    });
    const tasks: Task[] = [];
    for (let at = 0; at < kills.length; at += mostDeaths) {
      tasks.push({ scenario, kills: kills.slice(at, at + mostDeaths) });
    }
    return tasks;
  });
}

async function killAll(lanes: readonly Lane[], tasks: readonly Task[]): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...tasks];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
        const answer = await lane.ask({ kind: "kill", task });
        if (answer.kind === "killed") note(answer.result, results.push(answer.result), tasks.length);
      }
    }),
  );
  return results;
}

const placeOf = ({ point, during }: Met): string => `${point} ${during}`;
const placeOfKill = ({ point, during = "start" }: Kill): string => placeOf({ point, during });

/**
 * A cache or a neighbour may have kept a course from a point: another course that comes past it is tried, for this one death;
 * again and again while no function has died at this await.
 */
const MORE_TRIES = 4;
function missedIn(results: readonly Result[], courses: readonly Course[], again: number): Task[] {
  const killed = results.flatMap((result) => result.killed);
  const hit = new Set(killed.map(({ name }) => name));
  const awaits = new Set(killed.map(awaitOf));
  const missed = new Map<string, Kill>();
  for (const kill of results.flatMap(({ task }) => task.kills)) {
    if (!hit.has(kill.name) && (again === 0 || !awaits.has(awaitOf(kill)))) missed.set(kill.name, kill);
  }
  return [...missed.values()].flatMap((kill): Task[] => {
    const past = courses.filter(({ met }) => met.some((each) => placeOf(each) === placeOfKill(kill)));
    const course = past[(again + 1) % past.length];
    return course === undefined ? [] : [{ scenario: course.scenario.name, kills: [kill] }];
  });
}

const awaitOf = ({ phase, point }: Kill): string => `${phase} ${point}`;
/** However many functions come past one. */
const awaitsOf = (kills: readonly Kill[]): number => new Set(kills.map(awaitOf)).size;

function note({ task: { scenario, kills }, killed, wrong }: Result, count: number, all: number): void {
  const where = ({ phase, point, during }: Kill): string => `${phase} ${point} (${during}) in "${scenario}"`;
  if (wrong !== undefined) console.log(`  WRONG, killed ${kills.map(where).join(", then ")}: ${wrong}`);
  for (const kill of kills) if (!killed.includes(kill)) console.log(`  not reached again: ${where(kill)}`);
  if (count % 50 === 0) console.log(`  ${count} of ${all} courses`);
}

const startedAt = performance.now();
const appRoot = mkdtempSync(join(tmpdir(), "expedite-prove-app-"));
try {
  const points = await buildInstrumentedApp(appRoot);
  const first = firstKills(points);
  const lanes = Array.from({ length: LANES }, () => new Lane());
  await Promise.all(lanes.map((lane) => lane.ask({ kind: "open", appRoot, firstKills: first })));
  const recorded = await lanes[0]?.ask({ kind: "record" });
  if (recorded?.kind !== "recorded") throw new Error("Nothing was recorded");

  const { recordings } = recorded;
  const met = new Set(recordings.flatMap((each) => each.met.map(({ point }) => point)));
  const unmet = points.filter(({ id }) => !met.has(id));
  const courses = coursesOf(recordings);
  const tasks = tasksOf(courses, process.argv.slice(2));
  const results = await killAll(lanes, tasks);
  for (let again = 0; again < MORE_TRIES; again++) {
    results.push(...(await killAll(lanes, missedIn(results, courses, again))));
  }
  await Promise.all(lanes.map((lane) => lane.ask({ kind: "close" })));

  const wrong = results.filter((result) => result.wrong !== undefined);
  const kills = tasks.flatMap((task) => task.kills);
  const killed = results.flatMap((result) => result.killed);
  const unexplained = unmet.filter((point) => explanationOf(point) === undefined);
  for (const { id, text } of unexplained) console.log(`  never met, unexplained: ${id}  ${text}`);
  concludes("crash points", startedAt, [
    ["awaits in functions, use cases, bindings and adapters", points.length, undefined],
    ["  met by the scenarios", points.length - unmet.length, undefined],
    ["  never met, with a reason", unmet.length - unexplained.length, undefined],
    ["  never met, unexplained", unexplained.length, 0],
    ["awaits at which a process was killed, before and after each", awaitsOf(killed), awaitsOf(kills)],
    ["the same for each function that comes past: places", kills.length, undefined],
    ["  where a process was killed", killed.length, undefined],
    ["courses of an order, each with some of these deaths", results.length, undefined],
    ["  that ended otherwise than promised", wrong.length, 0],
    [
      "mails that SMTP sent twice after a kill",
      results.reduce((sum, { repeated }) => sum + repeated, 0),
      undefined,
    ],
  ]);
} finally {
  rmSync(appRoot, { recursive: true, force: true });
}
