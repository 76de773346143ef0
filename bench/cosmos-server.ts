import { realClock } from "#local/clock/clock.ts";
import { startCosmos } from "#local/cosmos/index.ts";

/**
 * `cosmos-server <folder> <key> <durability>`: the endpoint on a free port, which it sends. `memory` is answered with its memory in MB;
 * `watch` begins to watch the event loop, and `turns` is answered with the longest turn since, in milliseconds of processor time: what
 * others do on the machine does not count.
 */
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

let longestTurnMs = 0;
let turnStart: NodeJS.CpuUsage | undefined;

function watch(): void {
  const now = process.threadCpuUsage();
  if (turnStart !== undefined) {
    const micros = now.user + now.system - turnStart.user - turnStart.system;
    longestTurnMs = Math.max(longestTurnMs, micros / 1000);
  }
  turnStart = now;
  setImmediate(watch);
}

process.on("message", (wish) => {
  if (wish === "watch") watch();
  else process.send?.(wish === "turns" ? longestTurnMs : process.memoryUsage().rss / 2 ** 20);
});
