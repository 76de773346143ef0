/**
 * The load generator, a process of its own so that its CPU time is not mistaken for anybody else's. Takes its orders as
 * JSON on the command line, answers with one JSON line.
 */
import autocannon from "autocannon";

export interface LoadRequest {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Makes the Idempotency-Keys of this run unique. */
  readonly run: string;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly accepted: number;
  readonly refused: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const request: LoadRequest = JSON.parse(process.argv[2] ?? "");
let number = 0;
const result = await autocannon({
  url: request.url,
  connections: request.connections,
  duration: request.seconds,
  requests: [
    {
      method: "POST",
      headers: request.headers,
      body: request.body,
      setupRequest: (template) => ({
        ...template,
        headers: { ...template.headers, "idempotency-key": `${request.run}-${number++}` },
      }),
    },
  ],
});
const answer: LoadResult = {
  perSecond: result["2xx"] / result.duration,
  accepted: result["2xx"],
  refused: result.non2xx,
  errors: result.errors,
  p50Ms: result.latency.p50,
  p99Ms: result.latency.p99,
};
console.log(JSON.stringify(answer));
