import { confirmed } from "./promised.ts";
import { DEATHS_IN_A_COURSE, type Scenario } from "./scenario.ts";

const MINUTE = 60_000;

/** Timers go off by hand, once more than a process dies over them. */
export const timerScenarios: readonly Scenario[] = [
  ...["reconcile", "watch-backlog", "follow-up-questions", "release-held", "sweep-outbox"].map(
    (name): Scenario => ({
      name: `the timer ${name} goes off`,
      setsOff: [name],
      async play(stage) {
        await stage.place();
        await stage.settled(confirmed(stage));
        for (let run = 0; run <= DEATHS_IN_A_COURSE; run++) await stage.runTimer(name);
        await stage.settled(confirmed(stage));
      },
    }),
  ),
  {
    name: "notices are missing, and the reconciler has them told again",
    setsOff: ["reconcile"],
    async play(stage) {
      await stage.place();
      await stage.settled(confirmed(stage));
      await stage.loseNotices();
      stage.letPass(61 * MINUTE);
      for (let run = 0; run <= DEATHS_IN_A_COURSE; run++) await stage.runTimer("reconcile");
      await stage.settled(confirmed(stage));
    },
  },
];
