import type { IncomingMessage, ServerResponse } from "node:http";
import type { Keys } from "../keys/keys.ts";
import { keyPage } from "./admin-keys.ts";
import { runPage } from "./admin-run.ts";
import { isAuthorised } from "./authorise.ts";
import { readBody } from "./request-body.ts";
import { sendStatus } from "./response.ts";

export type RunByHand = "running" | "unknown" | "has-an-address";

/** What the host's own pages show and set off. */
export interface HostAdministration {
  readonly keys: Keys;
  /** Azure's words: "Running", "Offline". */
  status(): Readonly<Record<string, unknown>>;
  functions(): readonly Readonly<Record<string, unknown>>[];
  scale(): Readonly<Record<string, unknown>>;
  /** Begins one run of a function, named in any case. How it ends is in the log only. */
  run(functionName: string, input: string): RunByHand;
  /** Listeners and timers stop for good; requests are still answered. */
  drain(): void;
  drainStatus(): Readonly<Record<string, unknown>>;
  /** Loads the app again; also ends a drain. */
  restart(): Promise<void>;
}

/** What a page answers: a status, with JSON unless there is nothing to say. */
export interface Page {
  readonly status: number;
  readonly body?: unknown;
}

const LARGEST_BODY_BYTES = 64 * 1024;

const NOT_FOUND: Page = { status: 404 };

/**
 * The host's own pages. As on Azure they need the master key, all but the ping; what is not there is 404 like a path
 * without a function.
 */
export async function answerAdmin(
  host: HostAdministration,
  request: IncomingMessage,
  path: string,
  query: string,
  response: ServerResponse,
): Promise<void> {
  const words = path.toLowerCase().split("/").filter(Boolean).slice(1);
  const isPing = words.join("/") === "host/ping";
  if (!isPing && !isAuthorised(host.keys, "admin", request, query)) {
    sendStatus(response, 401);
    return;
  }
  const read = await readBody(request, LARGEST_BODY_BYTES);
  if (!read.ok) {
    if (read.reason === "too-large") sendStatus(response, 413, { connection: "close" });
    return;
  }
  const page = await pageFor(host, request.method ?? "GET", words, read.body?.toString());
  send(response, page);
}

async function pageFor(
  host: HostAdministration,
  method: string,
  words: readonly string[],
  body: string | undefined,
): Promise<Page> {
  switch (`${method} ${words.join("/")}`) {
    case "GET host/ping":
    case "POST host/ping":
      return { status: 200 };
    case "GET host/status":
      return { status: 200, body: host.status() };
    case "GET host/scale":
      return { status: 200, body: host.scale() };
    case "GET functions":
      return { status: 200, body: host.functions() };
    case "POST host/drain":
      host.drain();
      return { status: 202 };
    case "GET host/drain/status":
      return { status: 200, body: host.drainStatus() };
    case "POST host/restart":
    case "POST host/resume":
      await host.restart();
      return { status: 200, body: host.status() };
    default:
      return keyPage(host, method, words, body) ?? runPage(host, method, words, body) ?? NOT_FOUND;
  }
}

function send(response: ServerResponse, { status, body }: Page): void {
  if (body === undefined) {
    sendStatus(response, status);
    return;
  }
  const text = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": text.length,
    "cache-control": "no-store",
  });
  response.end(text);
}
