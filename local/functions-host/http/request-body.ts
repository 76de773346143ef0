import type { IncomingMessage } from "node:http";
import { HostRefusal } from "../refusal.ts";
import type { Settings } from "../settings.ts";

/** Azure's limit, in bytes. */
const DEFAULT_BODY_LIMIT_BYTES = 104_857_600;

export function bodyLimit(settings: Settings): number {
  const text = settings["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"];
  if (text === undefined) return DEFAULT_BODY_LIMIT_BYTES;
  const bytes = Number(text);
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new HostRefusal(
    "setting-missing",
    `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT is "${text}", not a number of bytes`,
  );
}

export type BodyOutcome =
  | { readonly ok: true; readonly body: Buffer | undefined }
  | { readonly ok: false; readonly reason: "too-large" | "aborted" };

const NONE: BodyOutcome = { ok: true, body: undefined };

/** True if a body follows the head at all. */
export function announcesBody(request: IncomingMessage): boolean {
  const { headers } = request;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** Reads a whole body into memory, up to `limitBytes`; beyond that it stops reading. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<BodyOutcome> {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) {
    return Promise.resolve({ ok: false, reason: "too-large" });
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limitBytes) {
        chunks.push(chunk);
        return;
      }
      request.pause();
      request.removeAllListeners("data");
      resolve({ ok: false, reason: "too-large" });
    });
    request.on("end", () => {
      if (size === 0) resolve(NONE);
      else resolve({ ok: true, body: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size) });
    });
    request.on("close", () => resolve({ ok: false, reason: "aborted" }));
  });
}
