import { realClock } from "#local/clock/clock.ts";
import { startCosmos } from "#local/cosmos/index.ts";

/** The endpoint as a process of its own, to be killed: `crash-child <folder> <key>`; sends its port. */
const [, , dataFolder, key] = process.argv;
const cosmos = await startCosmos({
  dataFolder: dataFolder!,
  key: key!,
  port: 0,
  clock: realClock,
  durability: "strict",
  log: () => undefined,
});
process.send?.(cosmos.port);
process.on("disconnect", () => process.exit(0));
