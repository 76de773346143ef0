import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../part.ts";
import { InvocationFailure } from "./pool/worker-failure.ts";
import type { InvocationRequest } from "./worker/wire.ts";

const FRAMES_SHOWN = 4;
const FRAME = /(?:\(|at )((?:file:\/\/)?\/?[^()\s]+?):(\d+):\d+\)?$/;

/** One line for an invocation that failed: which, why, and where in the app's own code. */
export function logFailure(log: Log, appRoot: string, request: InvocationRequest, error: unknown): void {
  const thrown = error instanceof InvocationFailure ? error.thrown : undefined;
  const { functionName, invocationId } = request;
  if (thrown === undefined) {
    log("invocation failed", { function: functionName, invocation: invocationId, error: messageOf(error) });
    return;
  }
  const at = appFrames(thrown.stack ?? "", appRoot);
  log("invocation failed", {
    function: functionName,
    invocation: invocationId,
    error: `${thrown.name}: ${thrown.message}`,
    ...(at === "" ? {} : { at }),
  });
}

/** The frames of a stack that lie in the app itself, innermost first, such as `src/a.ts:12 < src/b.ts:3`. */
export function appFrames(stack: string, appRoot: string): string {
  const frames: string[] = [];
  for (const line of stack.split("\n")) {
    const [, place, row] = FRAME.exec(line) ?? [];
    if (place === undefined) continue;
    const file = place.startsWith("file://") ? fileURLToPath(place) : place;
    const inside = relative(appRoot, file);
    if (inside.startsWith("..") || inside.split(sep).includes("node_modules")) continue;
    frames.push(`${inside}:${row}`);
    if (frames.length === FRAMES_SHOWN) break;
  }
  return frames.join(" < ");
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
