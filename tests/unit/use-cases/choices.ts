import * as fc from "fast-check";
import type { Choose, Happening } from "./interleaving.ts";

/** Any course of events with up to `deaths` deaths. Shrinks to: each goes on until it has ended, and nobody dies. */
export function anyCourse(deaths: number, within = 40): fc.Arbitrary<Choose> {
  const places = fc.array(fc.nat(1000), { maxLength: 120, size: "max" });
  const die = fc.tuple(fc.nat(within), fc.constantFrom("before" as const, "after" as const));
  const dying = fc.uniqueArray(die, { maxLength: deaths, selector: ([step]) => step });
  return fc.tuple(places, dying).map(([numbers, deathsAt]) => {
    const deathAt = new Map(deathsAt);
    let step = 0;
    return (processes) => {
      const place = (numbers[step] ?? 0) % processes;
      return { place, death: deathAt.get(step++) };
    };
  });
}

/** What may happen at a step, the unsurprising first. */
const happenings = (processes: number): Happening[] => [
  ...Array.from({ length: processes }, (_, place) => ({ place })),
  { place: 0, death: "before" },
  { place: 0, death: "after" },
];

/**
 * Runs every course with up to so many surprises, where a surprise is that somebody else goes on than the one who was
 * about to, or that somebody dies. Answers how many courses there were.
 */
export async function everyCourse(
  surprises: number,
  run: (choose: Choose) => Promise<void>,
): Promise<number> {
  let courses = 0;
  const path: { chosen: number; readonly options: readonly Happening[] }[] = [];
  for (;;) {
    let depth = 0;
    await run((processes) => {
      const step = (path[depth++] ??= { chosen: 0, options: happenings(processes) });
      return step.options[step.chosen] ?? { place: 0 };
    });
    courses++;
    path.length = depth;
    while (!next(path, surprises)) {
      if (path.length === 0) return courses;
      path.pop();
    }
  }
}

/** Moves the last step on to its next happening, if there are surprises left for it. */
function next(
  path: { chosen: number; readonly options: readonly Happening[] }[],
  surprises: number,
): boolean {
  const last = path.at(-1);
  if (last === undefined || last.chosen + 1 >= last.options.length) return false;
  const earlier = path.slice(0, -1).filter(({ chosen }) => chosen > 0).length;
  if (earlier >= surprises) return false;
  last.chosen++;
  return true;
}
