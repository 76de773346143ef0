import type { ServerResponse } from "node:http";
import { sendStatus } from "./response.ts";

export interface HostState {
  readonly startedAtMs: number;
  now(): number;
  /** Azure's words: "Running", "Error", "Offline". */
  state(): string;
}

/** The host's own pages below /admin/host. Anything else there is 404, as for a path without a function. */
export function answerAdmin(path: string, host: HostState, response: ServerResponse): void {
  switch (path.toLowerCase().replace(/\/$/, "")) {
    case "/admin/host/ping":
      sendStatus(response, 200);
      return;
    case "/admin/host/status":
      sendJson(response, {
        id: "expedite-local",
        state: host.state(),
        version: "4.0.0",
        versionDetails: "local",
        platformVersion: "",
        instanceId: String(process.pid),
        computerName: "",
        processUptime: host.now() - host.startedAtMs,
      });
      return;
    default:
      sendStatus(response, 404);
  }
}

function sendJson(response: ServerResponse, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": body.length,
  });
  response.end(body);
}
