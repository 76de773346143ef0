import type { AddressInfo, Server } from "node:net";

export interface Listening {
  readonly port: number;
  /** Stops accepting; connections that are open are the caller's. */
  close(): Promise<void>;
}

const ATTEMPTS = 5;

/**
 * Listens on both loopback addresses, since `localhost` may mean either, and on nothing else. Port 0 takes
 * one that is free on both.
 * @throws the system's error (EADDRINUSE …) when the port cannot be had
 */
export async function listenOnLoopback(create: () => Server, port: number): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const four = await listen(create(), port, "127.0.0.1");
    const { port: actual } = address(four);
    try {
      const six = await listen(create(), actual, "::1");
      return { port: actual, close: () => closeAll([four, six]) };
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") {
        return { port: actual, close: () => closeAll([four]) };
      }
      await closeAll([four]);
      if (port !== 0 || attempt === ATTEMPTS) throw error;
    }
  }
}

function listen(server: Server, port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function address(server: Server): AddressInfo {
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the server listens on no port");
  return bound;
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
}
