import { once } from "node:events";
import { createServer as createHttpServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { gunzipSync } from "node:zlib";

export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Text, as it came over the wire. */
  readonly body: string;
}

/** Stands where Azure Monitor's ingestion or an OTLP collector would: takes everything and keeps it. */
export interface TelemetryReceiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** From now on nothing is answered at all. */
  fallSilent(): void;
  stop(): Promise<void>;
}

/** @param tls certificate and key, where the sender insists on an encrypted connection. */
export async function startTelemetryReceiver(tls?: {
  readonly cert: string;
  readonly key: string;
}): Promise<TelemetryReceiver> {
  const requests: ReceivedRequest[] = [];
  let silent = false;
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
      requests.push({ path: request.url ?? "", headers: request.headers, body: body.toString("utf8") });
      if (silent) return;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(answerTo(request.url ?? "", body.toString("utf8"))));
    });
  };
  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...tls }, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    url: `${tls === undefined ? "http" : "https"}://localhost:${address.port}`,
    requests,
    fallSilent: () => void (silent = true),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Azure Monitor counts what it took; OTLP answers an empty object. */
function answerTo(path: string, body: string): object {
  if (!path.includes("/track")) return {};
  const items: unknown = JSON.parse(body);
  const itemsReceived = Array.isArray(items) ? items.length : 1;
  return { itemsReceived, itemsAccepted: itemsReceived, errors: [] };
}
