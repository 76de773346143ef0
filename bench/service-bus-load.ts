import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServiceBusClient } from "@azure/service-bus";

const BODY = Buffer.alloc(256, "x");

export interface Broker {
  readonly connectionString: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A broker in a process of its own, on a folder of its own unless one is given, which then stays. */
export async function startBroker(duplicateDetection: boolean, given?: string): Promise<Broker> {
  const folder = given ?? mkdtempSync(join(tmpdir(), "expedite-bench-bus-"));
  const script = join(import.meta.dirname, "service-bus-broker.ts");
  const child = spawn(process.execPath, [script, folder, String(duplicateDetection)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by the script beside this file
  const { connectionString } = JSON.parse(String(line)) as { connectionString: string };
  return {
    connectionString,
    pid: child.pid ?? 0,
    async stop() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
      if (given === undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const message = (body = BODY) => ({ body, subject: "x", messageId: randomUUID() });

/** Calls `work` until `count` messages are through, `width` calls at a time. */
export async function inFlight(count: number, each: number, width: number, work: () => Promise<unknown>) {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= each;
      await work();
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}

export async function fill(
  client: ServiceBusClient,
  entity: string,
  count: number,
  body = BODY,
): Promise<void> {
  const sender = client.createSender(entity);
  await inFlight(count, 100, 4, () => sender.sendMessages(Array.from({ length: 100 }, () => message(body))));
  await sender.close();
}

export async function empty(client: ServiceBusClient, queue: string): Promise<void> {
  const receiver = client.createReceiver(queue, { receiveMode: "receiveAndDelete" });
  while ((await receiver.receiveMessages(1000, { maxWaitTimeInMs: 300 })).length > 0);
  await receiver.close();
}

/** Completes messages of some queues one by one until that many have come. */
export async function consume(client: ServiceBusClient, queues: readonly string[], count: number) {
  const done = Promise.withResolvers<void>();
  let seen = 0;
  const receivers = queues.map((queue) => {
    const receiver = client.createReceiver(queue);
    receiver.subscribe(
      {
        processMessage: async () => {
          if (++seen === count) done.resolve();
        },
        processError: async ({ error }) => done.reject(error),
      },
      { maxConcurrentCalls: 32 },
    );
    return receiver;
  });
  await done.promise;
  return async () => {
    for (const receiver of receivers) await receiver.close();
  };
}
