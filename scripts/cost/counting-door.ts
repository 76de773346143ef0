import { once } from "node:events";
import { createServer, request as forward } from "node:http";

/** Stands before the Cosmos DB endpoint, hands everything through, and adds up what each answer says it has cost. */
export interface CountingDoor {
  readonly url: string;
  /** Since the last time it was asked. */
  take(): number;
  close(): Promise<void>;
}

export async function openCountingDoor(target: string): Promise<CountingDoor> {
  const { hostname, port } = new URL(target);
  let requestUnits = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    // With the caller's host header the endpoint goes on naming this address as its own.
    const onward = forward({ hostname, port, method, path, headers }, (answer) => {
      requestUnits += Number(answer.headers["x-ms-request-charge"] ?? 0);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The door has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    take() {
      const taken = requestUnits;
      requestUnits = 0;
      return taken;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
