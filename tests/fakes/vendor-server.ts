import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { VendorAnswer } from "./memory-webhook-sender.ts";

export interface Delivered {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A vendor's real server on loopback, which answers what it's told to. */
export interface VendorServer {
  readonly port: number;
  readonly url: string;
  readonly delivered: readonly Delivered[];
  answer(next: VendorAnswer): void;
  /** From now on nothing is answered at all. */
  fallSilent(): void;
  stop(): Promise<void>;
}

export async function startVendorServer(): Promise<VendorServer> {
  const delivered: Delivered[] = [];
  const answers: VendorAnswer[] = [];
  let silent = false;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      delivered.push({ headers: request.headers, body: Buffer.concat(chunks).toString("utf8") });
      if (silent) return;
      const answer = answers.shift() ?? { status: 200 };
      if (answer === "hang-up") {
        request.socket.destroy();
        return;
      }
      const { status, retryAfterSeconds } = answer;
      if (retryAfterSeconds !== undefined) response.setHeader("retry-after", retryAfterSeconds);
      if (status >= 300 && status < 400) response.setHeader("location", "/elsewhere");
      response.writeHead(status).end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  const { port } = address;
  return {
    port,
    url: `http://127.0.0.1:${port}/notices`,
    delivered,
    answer: (next) => void answers.push(next),
    fallSilent: () => {
      silent = true;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
