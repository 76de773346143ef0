import type { Server as HttpServer } from "node:http";
import { createServer, type TLSSocket } from "node:tls";
import type { Socket } from "node:net";
import type { Log } from "../../part.ts";
import { type Listening, listenOnLoopback } from "../listen.ts";
import { certificateFiles } from "./certificate-files.ts";

interface TlsParts {
  readonly dataFolder: string;
  readonly log: Log;
  readonly acceptAmqp: (socket: Socket) => void;
  readonly http: HttpServer;
}

interface TlsListening extends Listening {
  /** The certificate that clients have to trust. */
  readonly authorityFile: string;
}

/** AMQP's protocol header begins with it, and no HTTP method that the administration knows does. */
const AMQP_STARTS_WITH = "A".charCodeAt(0);
const FIRST_BYTE_WITHIN_MS = 30_000;

/** One port for AMQP and HTTPS, as `*.servicebus.windows.net` has two: the first byte tells which it is. */
export async function listenTls(
  port: number,
  { dataFolder, log, acceptAmqp, http }: TlsParts,
): Promise<TlsListening> {
  const { certificate, key, authorityFile } = certificateFiles(dataFolder, Date.now());
  const sockets = new Set<TLSSocket>();
  const create = () => {
    const server = createServer({ cert: certificate, key, minVersion: "TLSv1.2" });
    server.on("tlsClientError", (error) => log("service-bus.tls-refused", { error: error.message }));
    server.on("secureConnection", (socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.setNoDelay(true);
      sniff(socket, acceptAmqp, http);
    });
    return server;
  };
  const listening = await listenOnLoopback(create, port);
  return {
    ...listening,
    authorityFile,
    async close() {
      const closed = listening.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function sniff(socket: TLSSocket, acceptAmqp: (socket: Socket) => void, http: HttpServer): void {
  const giveUp = (): void => void socket.destroy();
  socket.on("error", giveUp);
  socket.setTimeout(FIRST_BYTE_WITHIN_MS, giveUp);
  socket.once("readable", () => {
    const first: unknown = socket.read();
    if (!Buffer.isBuffer(first)) return giveUp();
    socket.setTimeout(0);
    socket.off("timeout", giveUp);
    socket.off("error", giveUp);
    socket.unshift(first);
    if (first[0] === AMQP_STARTS_WITH) acceptAmqp(socket);
    else http.emit("connection", socket);
    return undefined;
  });
}
