import hostJson from "../../host.json" with { type: "json" };
import { roles } from "../infra/roles.ts";
import { drawCurves } from "./draw.ts";
import { type Backlog, drain, type Moment } from "./simulate.ts";

const scale = roles.find(({ name }) => name === "stock")?.scale;

/** Four hours of 300,000 orders a day: fifty thousand orders wait to be reserved and paid. */
export const fourHours: Backlog = {
  waiting: 50_000,
  arriving: 208,
  messageMs: 1_000,
  concurrency: hostJson.extensions.serviceBus.maxConcurrentCalls,
  messagesPerInstance: scale?.messagesPerInstance ?? 1,
  mostInstances: scale?.mostInstances ?? 1,
  startMs: 10_000,
};
const LAST_MINUTE = 120;

const endOf = (moments: readonly Moment[]): string => {
  const end = moments.find(({ waiting }) => waiting < 1);
  return end === undefined ? "" : `: empty after ${end.minute.toFixed(0)} min`;
};

/** The picture of docs/operations.md. */
export function drainCurve(): string {
  const alone = drain({ ...fourHours, mostInstances: 1 }, LAST_MINUTE);
  const scaled = drain(fourHours, LAST_MINUTE);
  const most = Math.max(...scaled.map(({ instances }) => instances));
  return drawCurves(
    "50,000 orders wait for stock and payment after four hours",
    `simulated: ${fourHours.arriving} more arrive a minute, 1 s each, ${fourHours.concurrency} at a time per instance`,
    [
      { name: `one instance${endOf(alone)}`, colour: "#c2410c", moments: alone },
      { name: `up to ${most} instances${endOf(scaled)}`, colour: "#1d4ed8", moments: scaled },
    ],
  );
}
