import type { PartOptions, RunningPart } from "../part.ts";
import type { Topology } from "#shared/contracts/topology.ts";
import { Grants } from "./access/grants.ts";
import type { SharedAccessKey } from "./access/sas.ts";
import { administrationServer, startAdministration } from "./administration/server.ts";
import { linkHandlers } from "./amqp/accept-links.ts";
import { Replies } from "./amqp/replies.ts";
import { startAmqpServer } from "./amqp/rhea/server.ts";
import { applyEntities, applyTopology } from "./broker/apply-topology.ts";
import type { NewEntity } from "./broker/entity-admin.ts";
import { watchIdle } from "./broker/idle.ts";
import { Namespace } from "./broker/namespace.ts";
import { openStore } from "./store/store.ts";
import { listenTls } from "./tls/listen-tls.ts";

export type { SharedAccessKey } from "./access/sas.ts";

export interface ServiceBusOptions extends PartOptions {
  /** 5672 where the official emulator listens; 0 = any free port. */
  readonly amqpPort: number;
  /** 5300 where the official emulator listens; 0 = any free port. */
  readonly administrationPort: number;
  /** One port for AMQP and HTTPS, for clients that insist on TLS; 0 = any free port, undefined = none. */
  readonly tlsPort?: number;
  /** At least one; the first one with all claims goes into the connection string. */
  readonly sharedAccessKeys: readonly SharedAccessKey[];
  /** Created or updated at start; what else exists stays. */
  readonly topology: Topology;
  /** More of the same, each with all that can be said of it. */
  readonly entities?: readonly NewEntity[];
}

interface RunningTls {
  readonly port: number;
  /** For `NODE_EXTRA_CA_CERTS`: what clients have to trust. */
  readonly authorityFile: string;
  /** For `ServiceBusClient` and `ServiceBusAdministrationClient` alike. */
  readonly connectionString: string;
}

export interface RunningServiceBus extends RunningPart {
  readonly amqpPort: number;
  readonly administrationPort: number;
  /** For `ServiceBusClient`, with the first key. */
  readonly connectionString: string;
  /** Undefined unless a TLS port was asked for. */
  readonly tls: RunningTls | undefined;
}

/**
 * The embedded Service Bus: AMQP for Azure's own messaging clients, HTTP for its administration client, one
 * SQLite file below the data folder. Everything it acknowledges is on disk.
 *
 * @throws when a port is taken, the data folder belongs to a newer version, or the topology is invalid
 */
export async function startServiceBus(options: ServiceBusOptions): Promise<RunningServiceBus> {
  const { log, sharedAccessKeys: keys } = options;
  const first = keys[0];
  if (first === undefined) throw new Error("startServiceBus needs at least one shared access key");
  const store = openStore(options);
  const namespace = new Namespace(options, store);
  const closing: (() => Promise<void> | void)[] = [() => store.close(), () => namespace.stop()];
  const stop = async (): Promise<void> => {
    for (let close = closing.pop(); close !== undefined; close = closing.pop()) await close();
  };
  try {
    const idle = watchIdle(namespace);
    closing.push(() => idle.stop());
    await applyTopology(namespace, options.topology);
    await applyEntities(namespace, options.entities ?? []);
    let host = "localhost";
    const broker = {
      namespace,
      keys,
      grants: new Grants(options.clock),
      replies: new Replies(),
      log,
      host: () => host,
    };
    const amqp = await startAmqpServer(options.amqpPort, linkHandlers(broker), log);
    host = `localhost:${amqp.port}`;
    closing.push(async () => {
      const closed = amqp.close();
      await amqp.closeConnections();
      await closed;
      await store.journal.settled();
    });
    const administration = await startAdministration(options.administrationPort, { namespace, keys, log });
    closing.push(() => administration.close());
    const keyed = `SharedAccessKeyName=${first.name};SharedAccessKey=${first.key}`;
    const tls = await startTls(options, keyed, {
      dataFolder: options.dataFolder,
      log,
      acceptAmqp: (socket) => amqp.accept(socket),
      http: administrationServer({ namespace, keys, log }),
    });
    if (tls !== undefined) closing.push(() => tls.close());
    return {
      amqpPort: amqp.port,
      administrationPort: administration.port,
      connectionString: `Endpoint=sb://${host};${keyed};UseDevelopmentEmulator=true`,
      tls,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startTls(
  { tlsPort }: ServiceBusOptions,
  keyed: string,
  parts: Parameters<typeof listenTls>[1],
): Promise<(RunningTls & { close(): Promise<void> }) | undefined> {
  if (tlsPort === undefined) return undefined;
  const listening = await listenTls(tlsPort, parts);
  return { ...listening, connectionString: `Endpoint=sb://localhost:${listening.port};${keyed}` };
}
