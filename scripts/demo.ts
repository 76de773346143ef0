import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { say, tellTheStory } from "./demo/story.ts";
import { startExpedite } from "./expedite.ts";

/** Out of the way of a cloud that `npm start` may be running. */
const PORT_OFFSET = 2_000;

const log = (event: string): void => {
  if (event === "part.restarted") say("    … and the supervisor has started it again.");
};
const home = mkdtempSync(join(tmpdir(), "expedite-demo-"));
let code = 1;
try {
  say(
    "The kitchen opens: Service Bus, Cosmos DB, the Functions host and the partners start on this machine.",
  );
  const portOffset = Number(process.env["EXPEDITE_PORT_OFFSET"] ?? PORT_OFFSET);
  const expedite = await startExpedite({ home, portOffset, log });
  try {
    code = (await tellTheStory(expedite)) ? 0 : 1;
  } finally {
    await expedite.stop();
  }
} catch (error) {
  console.error(`The demonstration failed: ${error instanceof Error ? error.message : String(error)}`);
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exit(code);
