import type { OrderRequest } from "#shared/contracts/order-request.ts";
import type { Stage } from "./stage.ts";

/** So many deaths one course of an order is asked to outlive; more would use up the deliveries of a message. */
export const DEATHS_IN_A_COURSE = 4;

/** One course of an order that takes the code through places where others do not come. */
export interface Scenario {
  readonly name: string;
  readonly request?: (request: OrderRequest) => OrderRequest;
  /** A process is killed here in any case, so that there is something to recover from. */
  readonly killedAt?: { readonly file: string; readonly text: string; readonly during: string };
  /** App settings that it needs; the app is started anew with them. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Timers that go off in it on purpose, of those on which no order hangs: elsewhere they go off by chance. */
  readonly setsOff?: readonly string[];
  /** In one course of it, where more would come to something else than what is promised of one. */
  readonly mostDeaths?: number;
  /** Plays to the end and checks it; throws what is wrong. */
  readonly play: (stage: Stage) => Promise<void>;
}

const unchanged = (request: OrderRequest): OrderRequest => request;
export const requestOf = ({ request = unchanged }: Scenario): ((request: OrderRequest) => OrderRequest) =>
  request;
