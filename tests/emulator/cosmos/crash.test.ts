import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ChangeFeedStartFrom, CosmosClient, StatusCodes, type Container } from "@azure/cosmos";
import { expect, onTestFinished, test } from "vitest";
import { accountKey, useFolder } from "./use-cosmos.ts";

const program = fileURLToPath(new URL("crash-child.ts", import.meta.url));

interface Server {
  readonly process: ChildProcess;
  readonly container: Container;
}

async function start(folder: string): Promise<Server> {
  const child = fork(program, [folder, accountKey], { execArgv: [] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [port]: number[] = await once(child, "message");
  const client = new CosmosClient({ endpoint: `http://127.0.0.1:${String(port)}/`, key: accountKey });
  onTestFinished(() => client.dispose());
  const { database } = await client.databases.createIfNotExists({ id: "shop" });
  const { container } = await database.containers.createIfNotExists({
    id: "items",
    partitionKey: { paths: ["/pk"] },
  });
  return { process: child, container };
}

/** Writes points and batches of three until the server dies; notes what was acknowledged. */
async function write(container: Container, writer: string, acknowledged: Set<string>): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${writer}-${n}`;
    try {
      if (n % 2 === 0) {
        await container.items.create({ id, pk: writer });
        acknowledged.add(id);
      } else {
        const parts = [0, 1, 2].map((part) => ({ id: `${id}.${part}`, pk: writer, batch: id }));
        const operations = parts.map((resourceBody) => ({ operationType: "Create" as const, resourceBody }));
        const { code } = await container.items.batch(operations, writer);
        if (code === StatusCodes.Ok) for (const part of parts) acknowledged.add(part.id);
      }
    } catch {
      return;
    }
  }
}

test("killed while writing, it has kept all it acknowledged and no half batch; the feed shows all of it", async () => {
  const folder = await useFolder();
  const acknowledged = new Set<string>();
  const seen: string[] = [];
  let token: string | undefined;
  for (let round = 0; round < 3; round++) {
    const server = await start(folder);
    const writers = Array.from({ length: 6 }, (_, w) =>
      write(server.container, `r${round}w${w}`, acknowledged),
    );
    await new Promise((resolve) => setTimeout(resolve, 400 + 100 * round));
    server.process.kill("SIGKILL");
    await once(server.process, "exit");
    await Promise.all(writers);

    const after = await start(folder);
    const { resources } = await after.container.items
      .query<{ id: string; batch?: string }>("SELECT c.id, c.batch FROM c", { maxItemCount: 1000 })
      .fetchAll();
    const stored = new Set(resources.map(({ id }) => id));
    expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
    const batches = Map.groupBy(
      resources.filter(({ batch }) => batch !== undefined),
      ({ batch }) => batch,
    );
    expect([...batches.values()].filter((items) => items.length !== 3)).toEqual([]);

    const from =
      token === undefined ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Continuation(token);
    const feed = after.container.items.getChangeFeedIterator<{ id: string }>({ changeFeedStartFrom: from });
    for (;;) {
      const page = await feed.readNext();
      token = page.continuationToken;
      if (page.statusCode === StatusCodes.NotModified) break;
      seen.push(...page.result.map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(new Set(seen)).toEqual(stored);
    after.process.disconnect();
    await once(after.process, "exit");
  }
  expect(acknowledged.size).toBeGreaterThan(100);
}, 60_000);

/** Where a reader of the change feed is, over all deaths of the endpoint. */
interface Follower {
  readonly seen: string[];
  token: string | undefined;
}

/** Reads on from where the follower is; until the end of the feed, or until the endpoint dies. */
async function follow(container: Container, follower: Follower, until: "caught up" | "dead"): Promise<void> {
  const { token } = follower;
  const changeFeedStartFrom =
    token === undefined ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Continuation(token);
  const feed = container.items.getChangeFeedIterator<{ id: string }>({
    changeFeedStartFrom,
    maxItemCount: 7,
  });
  try {
    for (;;) {
      const page = await feed.readNext();
      follower.token = page.continuationToken;
      if (page.statusCode !== StatusCodes.NotModified) follower.seen.push(...page.result.map(({ id }) => id));
      else if (until === "caught up") return;
    }
  } catch (error) {
    if (until === "caught up") throw error;
  }
}

test("a feed that is read while writers write and the process is killed shows every item once, and none that was lost", async () => {
  const folder = await useFolder();
  const acknowledged = new Set<string>();
  const follower: Follower = { seen: [], token: undefined };
  for (let round = 0; round < 4; round++) {
    const server = await start(folder);
    const working = Array.from({ length: 6 }, (_, w) =>
      write(server.container, `r${round}w${w}`, acknowledged),
    );
    working.push(follow(server.container, follower, "dead"));
    await new Promise((resolve) => setTimeout(resolve, 100 + Math.random() * 400));
    server.process.kill("SIGKILL");
    await once(server.process, "exit");
    await Promise.all(working);
  }
  const { process: last, container } = await start(folder);
  await follow(container, follower, "caught up");
  const stored = new Set<string>();
  for await (const { resources } of container.items.readAll<{ id: string }>().getAsyncIterator()) {
    for (const { id } of resources) stored.add(id);
  }
  expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
  expect(new Set(follower.seen)).toEqual(stored);
  expect(follower.seen.length).toBe(stored.size);
  expect(acknowledged.size).toBeGreaterThan(50);
  last.disconnect();
  await once(last, "exit");
}, 60_000);
