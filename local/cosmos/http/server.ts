import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "../../part.ts";
import { Refusal } from "../refusal.ts";
import { handleOwn } from "./portal.ts";
import { ActivityIds, refusalReply, send, type Reply } from "./reply.ts";
import { findContainer, findDatabase, type Request, type Service } from "./request.ts";
import { readPath } from "./resource-path.ts";
import { handle, isAboutItems } from "./routes.ts";
import type { SignatureCheck } from "./signature.ts";

/** A batch of 100 operations may be larger than one item, but not by much. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Clients keep connections; closing idle ones early only causes resets that they have to retry. */
const KEEP_ALIVE_MS = 10 * 60 * 1000;

export interface CosmosServer {
  readonly server: Server;
  /** How many requests are being worked on. */
  readonly busy: () => number;
}

export function makeServer(service: Service, signatures: SignatureCheck, log: Log): CosmosServer {
  const activityIds = new ActivityIds();
  let busy = 0;

  const respond = async (message: IncomingMessage, body: string): Promise<Reply> => {
    const path = readPath(message.url ?? "/");
    const request = {
      method: message.method ?? "GET",
      segments: path.segments,
      headers: message.headers,
      body,
    };
    if (path.segments[0] === "_expedite") {
      signatures.checkBearer(message.headers.authorization);
      return handleOwn(service, request);
    }
    signatures.check(request.method, path, message.headers);
    if (!isAboutItems(path.segments)) return handle(service, request);
    if (service.faults.active) await service.faults.apply();
    return service.budgets.enforced ? handleWithinBudget(service, request) : handle(service, request);
  };

  const failure = (error: unknown): Reply => {
    if (error instanceof Refusal) return refusalReply(error);
    log("cosmos.request-failed", {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    });
    return refusalReply(new Refusal(500, "The endpoint failed; its log tells why."));
  };

  const answer = async (message: IncomingMessage, response: ServerResponse, body: string): Promise<void> => {
    busy++;
    let reply: Reply;
    try {
      reply = await respond(message, body);
    } catch (error) {
      reply = failure(error);
    }
    try {
      send(response, reply, activityIds.next());
    } catch (error) {
      log("cosmos.reply-failed", { error: String(error) });
      response.destroy();
    } finally {
      busy--;
    }
  };

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (message, response) => {
    response.sendDate = false;
    readBody(message, (body) => {
      if (body !== undefined) void answer(message, response, body);
      else send(response, refusalReply(new Refusal(413, "Request size is too large.")), activityIds.next());
    });
  });
  return { server, busy: () => busy };
}

async function handleWithinBudget(service: Service, request: Request): Promise<Reply> {
  const { budgets } = service;
  const container = findContainer(service, request);
  budgets.admit(container, findDatabase(service, request).throughput);
  const reply = await handle(service, request);
  budgets.spend(container, reply.charge ?? 1);
  return reply;
}

/** Calls back once, with undefined when there is too much; never, if the client goes away. */
function readBody(message: IncomingMessage, done: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let length = 0;
  message.on("error", () => undefined);
  message.on("data", (chunk: Buffer) => {
    if (length > MAX_BODY_BYTES) return;
    length += chunk.length;
    if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    else done(undefined);
  });
  message.on("end", () => {
    if (length > MAX_BODY_BYTES) return;
    const only = chunks.length === 1 ? chunks[0] : undefined;
    done((only ?? Buffer.concat(chunks, length)).toString("utf8"));
  });
}
