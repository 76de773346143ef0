import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CosmosClient } from "@azure/cosmos";
import { cpuMsOf } from "../processes.ts";
import { BULK, itemOf, type Subject } from "./subject.ts";

export const benchKey = Buffer.from("a key for the benchmark only").toString("base64");

interface Server {
  readonly pid: number;
  readonly port: number;
  rssMb(): Promise<number>;
  watchTurns(): void;
  /** The longest turn of its event loop since then, in milliseconds of processor time. */
  longestTurnMs(): Promise<number>;
  kill(): Promise<void>;
}

/** The endpoint as a process of its own. */
export async function startServer(folder: string, durability: "strict" | "relaxed"): Promise<Server> {
  const program = join(import.meta.dirname, "../cosmos-server.ts");
  const child = fork(program, [folder, benchKey, durability], { execArgv: [] });
  const [port]: number[] = await once(child, "message");
  const ask = async (wish: "memory" | "turns"): Promise<number> => {
    child.send(wish);
    const [figure]: number[] = await once(child, "message");
    return figure ?? 0;
  };
  return {
    pid: child.pid ?? 0,
    port: port ?? 0,
    rssMb: () => ask("memory"),
    watchTurns: () => void child.send("watch"),
    longestTurnMs: () => ask("turns"),
    async kill() {
      child.disconnect();
      await once(child, "exit");
    },
  };
}

export async function startCosmosSubject(durability: "strict" | "relaxed"): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), "cosmos-bench-"));
  const server = await startServer(folder, durability);
  const client = new CosmosClient({ endpoint: `http://127.0.0.1:${server.port}/`, key: benchKey });
  const { database } = await client.databases.createIfNotExists({ id: "bench" });
  const { container } = await database.containers.createIfNotExists({
    id: "items",
    partitionKey: { paths: ["/pk"] },
  });
  return {
    name: `cosmos ${durability}`,
    async create(id) {
      await container.items.create(itemOf(id));
    },
    async read(id) {
      const { statusCode } = await container.item(id, itemOf(id).pk).read();
      if (statusCode !== 200) throw new Error(`Read ${id}: ${statusCode}`);
    },
    async patch(id) {
      await container.item(id, itemOf(id).pk).patch({
        condition: "from c where c.state = 'open'",
        operations: [
          { op: "incr", path: "/count", value: 1 },
          { op: "set", path: "/touched", value: id },
        ],
      });
    },
    async batch(id) {
      const { pk } = itemOf(id);
      const operations = [0, 1, 2, 3].map((n) => ({
        operationType: "Create" as const,
        resourceBody: { ...itemOf(`${id}.${n}`), pk },
      }));
      const { code } = await container.items.batch(operations, pk);
      if (code !== 200) throw new Error(`Batch ${id}: ${code}`);
    },
    async bulk(id) {
      const operations = Array.from({ length: BULK }, (_, n) => {
        const resourceBody = itemOf(`${id}.${n}`);
        return { operationType: "Create" as const, partitionKey: resourceBody.pk, resourceBody };
      });
      await container.items.bulk(operations);
    },
    serverCpuMs: () => cpuMsOf(server.pid),
    async stop() {
      client.dispose();
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
