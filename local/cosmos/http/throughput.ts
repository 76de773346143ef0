import { isObject, type JsonObject } from "../json.ts";
import { badRequest } from "../refusal.ts";
import type { Throughput } from "../store/container.ts";
import { etagOf } from "../store/rids.ts";
import { header, type Request } from "./request.ts";

const MIN_RU = 400;
const MIN_AUTOSCALE_RU = 1000;

/** The throughput a database or container is created with. */
export function readThroughput(request: Request): Throughput | undefined {
  const manual = header(request, "x-ms-offer-throughput");
  const autoscale = header(request, "x-ms-cosmos-offer-autopilot-settings");
  if (manual !== undefined) return { manual: checked(Number(manual), MIN_RU) };
  if (autoscale === undefined) return undefined;
  let settings: unknown;
  try {
    settings = JSON.parse(autoscale);
  } catch {
    throw badRequest("The autoscale settings are not valid JSON.");
  }
  const max = isObject(settings) ? settings["maxThroughput"] : undefined;
  return { autoscaleMax: checked(Number(max), MIN_AUTOSCALE_RU) };
}

/** The `content` of an offer, as `PUT /offers/{id}` sends it. */
export function throughputOf(content: unknown): Throughput {
  const given = isObject(content) ? content : {};
  const settings = given["offerAutopilotSettings"];
  if (isObject(settings)) {
    return { autoscaleMax: checked(Number(settings["maxThroughput"]), MIN_AUTOSCALE_RU) };
  }
  return { manual: checked(Number(given["offerThroughput"]), MIN_RU) };
}

function checked(ru: number, min: number): number {
  if (!Number.isInteger(ru) || ru < min || ru % 100 !== 0) {
    throw badRequest(`Throughput must be at least ${min} RU/s, in steps of 100.`);
  }
  return ru;
}

export interface Owner {
  readonly offerId: string;
  readonly rid: string;
  readonly self: string;
  readonly version: number;
  readonly ts: number;
  readonly throughput: Throughput;
}

export function offerResource({ offerId, rid, self, version, ts, throughput }: Owner): JsonObject {
  const { manual, autoscaleMax } = throughput;
  return {
    id: offerId,
    _rid: offerId,
    _self: `offers/${offerId}/`,
    resource: self,
    offerResourceId: rid,
    offerType: "Invalid",
    offerVersion: "V2",
    content: {
      offerThroughput: manual ?? Math.floor((autoscaleMax ?? 0) / 10),
      offerIsRUPerMinuteThroughputEnabled: false,
      ...(autoscaleMax === undefined ? {} : { offerAutopilotSettings: { maxThroughput: autoscaleMax } }),
    },
    _etag: etagOf(version, ts),
    _ts: ts,
  };
}
