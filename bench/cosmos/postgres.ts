import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { childrenOf, cpuMsOf } from "../processes.ts";
import { BULK, itemOf, type Subject } from "./subject.ts";

const PACKAGES = "/usr/lib/postgresql";

/** Where Debian puts the programs of the newest version; undefined if there is none. */
function programs(): string | undefined {
  const newest = existsSync(PACKAGES) ? readdirSync(PACKAGES).toSorted().at(-1) : undefined;
  return newest === undefined ? undefined : join(PACKAGES, newest, "bin");
}

/** PostgreSQL refuses to run as root. */
const asUser = (program: string, words: readonly string[]): readonly [string, readonly string[]] =>
  process.getuid?.() === 0
    ? ["setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", program, ...words]]
    : [program, words];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A PostgreSQL of its own in a temporary folder, with a durable commit; undefined if it is not installed. */
export async function startPostgres(): Promise<Subject | undefined> {
  const bin = programs();
  if (bin === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "postgres-bench-"));
  if (process.getuid?.() === 0) spawnSync("chown", ["postgres", folder]);
  chmodSync(folder, 0o700);
  const data = join(folder, "data");
  const made = spawnSync(
    ...asUser(join(bin, "initdb"), ["-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8"]),
    { cwd: folder },
  );
  if (made.status !== 0) throw new Error(String(made.stderr));
  const port = await freePort();
  const settings = [
    "listen_addresses=127.0.0.1",
    "synchronous_commit=on",
    "fsync=on",
    `unix_socket_directories=${folder}`,
  ];
  const words = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  const server = spawn(...asUser(join(bin, "postgres"), words), { stdio: "ignore", cwd: folder });
  const pool = await connect(port);
  return subjectOf(pool, server, folder);
}

async function connect(port: number): Promise<InstanceType<typeof pg.Pool>> {
  const pool = new pg.Pool({ host: "127.0.0.1", port, user: "bench", database: "postgres", max: 16 });
  // Connections that the server ends when it stops.
  pool.on("error", () => undefined);
  for (let attempt = 0; ; attempt++) {
    try {
      await pool.query("CREATE TABLE docs (pk text, id text, doc jsonb NOT NULL, PRIMARY KEY (pk, id))");
      return pool;
    } catch (error) {
      if (attempt > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const INSERT = "INSERT INTO docs VALUES ($1, $2, $3)";

function subjectOf(pool: InstanceType<typeof pg.Pool>, server: ChildProcess, folder: string): Subject {
  const insert = (id: string, pk = itemOf(id).pk): readonly unknown[] => [
    pk,
    id,
    JSON.stringify({ ...itemOf(id), pk }),
  ];
  return {
    name: "postgresql",
    async create(id) {
      await pool.query(INSERT, insert(id));
    },
    async read(id) {
      const { rowCount } = await pool.query("SELECT doc FROM docs WHERE pk = $1 AND id = $2", [
        itemOf(id).pk,
        id,
      ]);
      if (rowCount !== 1) throw new Error(`Read ${id}: nothing`);
    },
    async patch(id) {
      await pool.query(
        `UPDATE docs SET doc = jsonb_set(doc, '{count}', to_jsonb((doc->>'count')::int + 1)) || jsonb_build_object('touched', $2::text)
         WHERE pk = $1 AND id = $2 AND doc->>'state' = 'open'`,
        [itemOf(id).pk, id],
      );
    },
    async batch(id) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        for (let n = 0; n < 4; n++) await client.query(INSERT, insert(`${id}.${n}`, itemOf(id).pk));
        await client.query("COMMIT");
      } finally {
        client.release();
      }
    },
    async bulk(id) {
      const rows = Array.from({ length: BULK }, (_, n) => insert(`${id}.${n}`));
      const marks = rows.map((_row, n) => `($${3 * n + 1}, $${3 * n + 2}, $${3 * n + 3})`).join(", ");
      await pool.query(`INSERT INTO docs VALUES ${marks}`, rows.flat());
    },
    serverCpuMs: () =>
      [server.pid ?? 0, ...childrenOf(server.pid ?? 0)].reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    async stop() {
      await pool.end();
      server.kill("SIGINT");
      await once(server, "exit");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
