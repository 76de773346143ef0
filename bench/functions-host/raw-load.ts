/**
 * A load generator that costs next to nothing, because it shares two cores with what it measures: fixed bytes out, answers
 * counted by their first line. `node raw-load.ts <port> <connections> <seconds>`; one JSON line at the end.
 */
import { connect } from "node:net";
import { ORDER } from "./bench-app.ts";

const [, , port = "", connections = "", seconds = ""] = process.argv;
const REQUEST = Buffer.from(
  `POST /api/orders HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: ${ORDER.length}\r\n\r\n${ORDER}`,
);
const ACCEPTED = "HTTP/1.1 202";

const latencies: number[] = [];
let refused = 0;
const begun = process.cpuUsage();
const startedAt = performance.now();
const endAt = startedAt + Number(seconds) * 1000;

const done = Array.from({ length: Number(connections) }, async () => {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(Number(port), "127.0.0.1");
  socket.setNoDelay(true);
  let sentAt = 0;
  const send = (): void => {
    sentAt = performance.now();
    socket.write(REQUEST);
  };
  socket.on("connect", send);
  socket.on("error", reject);
  // One request is under way per connection, and its answer fits into one piece.
  socket.on("data", (chunk) => {
    if (chunk.toString("latin1", 0, ACCEPTED.length) === ACCEPTED) latencies.push(performance.now() - sentAt);
    else refused += 1;
    if (performance.now() < endAt) send();
    else socket.end(resolve);
  });
  await promise;
});
await Promise.all(done);
const { user, system } = process.cpuUsage(begun);
const elapsed = (performance.now() - startedAt) / 1000;
const sorted = Float64Array.from(latencies).toSorted();
const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
console.log(
  JSON.stringify({
    accepted: latencies.length,
    refused,
    microsPerRequest: (user + system) / (latencies.length + refused),
    perSecond: latencies.length / elapsed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
  }),
);
