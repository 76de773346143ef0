import { realClock } from "#local/clock/clock.ts";
import { startCosmos } from "#local/cosmos/index.ts";

/** `cosmos-server <folder> <key> <durability>`: the endpoint on a free port, which it sends; any message is answered with its memory in MB. */
const [, , dataFolder, key, durability] = process.argv;
const cosmos = await startCosmos({
  dataFolder: dataFolder!,
  key: key!,
  port: 0,
  clock: realClock,
  durability: durability === "relaxed" ? "relaxed" : "strict",
  log: () => undefined,
});
process.send?.(cosmos.port);
process.on("disconnect", () => process.exit(0));
process.on("message", () => process.send?.(process.memoryUsage().rss / 2 ** 20));
