import { once } from "node:events";
import { createServer } from "node:http";
import { z } from "zod";

const Traces = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              startTimeUnixNano: z.coerce.bigint(),
              endTimeUnixNano: z.coerce.bigint(),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface CountedSpan {
  readonly name: string;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly ms: number;
}

/** An OTLP receiver that keeps every span: each message sent, each attempt and each call of a partner is one. */
export interface SpanCounter {
  readonly url: string;
  /** Since the last time it was asked. */
  take(): CountedSpan[];
  close(): Promise<void>;
}

export async function startSpanCounter(): Promise<SpanCounter> {
  let spans: CountedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces") spans.push(...spansIn(Buffer.concat(chunks).toString("utf8")));
      response.setHeader("content-type", "application/json").end("{}");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The receiver has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    take() {
      const taken = spans;
      spans = [];
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const spansIn = (body: string): CountedSpan[] =>
  Traces.parse(JSON.parse(body))
    .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ spans }) => spans)
    .map(({ name, spanId, parentSpanId, startTimeUnixNano, endTimeUnixNano }) => ({
      name,
      id: spanId,
      parentId: parentSpanId,
      ms: Number(endTimeUnixNano - startTimeUnixNano) / 1e6,
    }));
