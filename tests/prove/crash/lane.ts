/** A process with a theatre of its own: is told what to do over its channel, one thing at a time, and answers. */
import type { Kill } from "../support/control.ts";
import { type Recording, type Result, type Task, Theatre } from "./theatre.ts";

export type Order =
  | { readonly kind: "open"; readonly appRoot: string; readonly firstKills: [string, Omit<Kill, "name">][] }
  | { readonly kind: "record" }
  | { readonly kind: "kill"; readonly task: Task }
  | { readonly kind: "close" };

export type Answer =
  | { readonly kind: "done" }
  | { readonly kind: "recorded"; readonly recordings: readonly Recording[] }
  | { readonly kind: "killed"; readonly result: Result }
  | { readonly kind: "failed"; readonly error: string };

/** So many courses are played in one cloud. The reconciler looks at the orders of them all. */
const MOST_COURSES = 60;

let theatre: Theatre | undefined;
let opened: Extract<Order, { kind: "open" }> | undefined;

async function obey(order: Order): Promise<Answer> {
  if (order.kind === "open") opened = order;
  if (opened === undefined) throw new Error("There is no theatre yet");
  if (theatre !== undefined && order.kind === "kill" && theatre.played >= MOST_COURSES) {
    await theatre.close();
    theatre = undefined;
  }
  theatre ??= await Theatre.open(opened.appRoot, new Map(opened.firstKills));
  if (order.kind === "record") return { kind: "recorded", recordings: await theatre.record() };
  if (order.kind === "kill") return { kind: "killed", result: await theatre.kill(order.task) };
  if (order.kind === "close") await theatre.close();
  return { kind: "done" };
}

process.on("disconnect", () => void Promise.resolve(theatre?.close()).finally(() => process.exit(1)));
process.on("message", (order: Order) => {
  obey(order).then(
    (answer) => process.send?.(answer, () => order.kind === "close" && process.exit(0)),
    (error: unknown) =>
      process.send?.({
        kind: "failed",
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Answer),
  );
});
