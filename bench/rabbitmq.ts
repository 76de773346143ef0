import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChannelModel, connect } from "amqplib";

export interface RabbitMq {
  readonly url: string;
  stop(): Promise<void>;
}

/** RabbitMQ on loopback in a folder of its own; undefined where it is not installed. */
export async function startRabbitMq(): Promise<RabbitMq | undefined> {
  if (spawnSync("sh", ["-c", "command -v rabbitmq-server"]).status !== 0) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "expedite-bench-rabbit-"));
  const [port, epmdPort, distPort] = [await freePort(), await freePort(), await freePort()];
  const env = {
    ...process.env,
    HOME: folder,
    RABBITMQ_NODENAME: `bench${process.pid}@localhost`,
    RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
    RABBITMQ_CONFIG_FILE: join(folder, "none"),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "-kernel inet_dist_use_interface {127,0,0,1}",
    ERL_EPMD_ADDRESS: "127.0.0.1",
    ERL_EPMD_PORT: String(epmdPort),
  };
  // Debian's wrapper wants another user; this is the server itself.
  const child = spawn("/usr/lib/rabbitmq/bin/rabbitmq-server", [], { env, stdio: "ignore", detached: true });
  const url = `amqp://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    const exited = once(child, "exit");
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await exited;
    spawnSync("/usr/bin/epmd", ["-kill"], { env });
    rmSync(folder, { recursive: true, force: true });
  };
  for (let tries = 0; tries < 60; tries++) {
    const connection: ChannelModel | undefined = await connect(url).catch(() => undefined);
    if (connection !== undefined) {
      await connection.close();
      return { url, stop };
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  await stop();
  return undefined;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Messages per second: persistent and confirmed, so many unconfirmed at a time. */
export async function publishRate({ url }: RabbitMq, count: number, width: number, body: Buffer) {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue("work", { durable: true });
  const start = performance.now();
  let left = count;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve, reject) => {
        channel.sendToQueue("work", body, { persistent: true }, (error) =>
          error === null || error === undefined ? resolve() : reject(new Error("not confirmed")),
        );
      });
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  const rate = (count / (performance.now() - start)) * 1000;
  await connection.close();
  return rate;
}

/** Messages per second: 32 in the hands of the receiver at a time, acknowledged one by one. */
export async function consumeRate({ url }: RabbitMq, count: number): Promise<number> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  await channel.prefetch(32);
  const done = Promise.withResolvers<void>();
  let seen = 0;
  const start = performance.now();
  await channel.consume("work", (message) => {
    if (message === null) return;
    channel.ack(message);
    if (++seen === count) done.resolve();
  });
  await done.promise;
  const rate = (count / (performance.now() - start)) * 1000;
  await connection.close();
  return rate;
}
