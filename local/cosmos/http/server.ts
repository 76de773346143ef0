import type { Log } from "../../part.ts";
import { realClock } from "../../clock/clock.ts";
import { Refusal } from "../refusal.ts";
import { handleOwn } from "./portal.ts";
import { ActivityIds, complete, refusalReply, type Reply } from "./reply.ts";
import { findContainer, findDatabase, type Request, type Service } from "./request.ts";
import { readPath } from "./resource-path.ts";
import { handle, isAboutItems } from "./routes.ts";
import type { SignatureCheck } from "./signature.ts";
import type { WireLimits, WireRequest } from "./wire/connection.ts";
import { WireServer } from "./wire/wire-server.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

const limits: WireLimits = {
  // A batch of 100 operations may be larger than one item, but not by much.
  maxBodyBytes: 4 * 1024 * 1024,
  headMs: MINUTE,
  requestMs: 5 * MINUTE,
  // Clients keep connections; closing idle ones early only causes resets that they have to retry.
  keepAliveMs: 10 * MINUTE,
};

export interface CosmosServer {
  readonly server: WireServer;
  /** How many requests are being worked on. */
  readonly busy: () => number;
}

export function makeServer(service: Service, signatures: SignatureCheck, log: Log): CosmosServer {
  const activityIds = new ActivityIds();
  let busy = 0;

  const respond = ({ method, target, headers, body }: WireRequest): Reply | Promise<Reply> => {
    if (body === undefined) throw new Refusal(413, "Request size is too large.");
    const path = readPath(target);
    const request = { method, segments: path.segments, headers, body };
    if (path.segments[0] === "_expedite") {
      signatures.checkBearer(headers.get("authorization"));
      return handleOwn(service, request);
    }
    signatures.check(method, path, headers);
    if (!isAboutItems(path.segments)) return handle(service, request);
    if (service.faults.active) return handleDisturbed(service, request);
    return handleItems(service, request);
  };

  const failure = (error: unknown): Reply => {
    if (error instanceof Refusal) return refusalReply(error);
    log("cosmos.request-failed", {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return refusalReply(new Refusal(500, "The endpoint failed; its log tells why."));
  };

  const handler = {
    async answer(request: WireRequest) {
      busy++;
      try {
        return complete(await respond(request), activityIds.next());
      } catch (error) {
        return complete(failure(error), activityIds.next());
      } finally {
        busy--;
      }
    },
    failed: (error: unknown) => log("cosmos.reply-failed", { error: String(error) }),
  };
  // Sockets live in real time, whatever time it is for items.
  return { server: new WireServer(handler, limits, realClock), busy: () => busy };
}

async function handleDisturbed(service: Service, request: Request): Promise<Reply> {
  await service.faults.apply();
  return handleItems(service, request);
}

const handleItems = (service: Service, request: Request): Reply | Promise<Reply> =>
  service.budgets.enforced ? handleWithinBudget(service, request) : handle(service, request);

async function handleWithinBudget(service: Service, request: Request): Promise<Reply> {
  const { budgets } = service;
  const container = findContainer(service, request);
  budgets.admit(container, findDatabase(service, request).throughput);
  const reply = await handle(service, request);
  budgets.spend(container, reply.charge ?? 1);
  return reply;
}
