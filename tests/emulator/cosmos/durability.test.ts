import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ChangeFeedStartFrom, CosmosClient, StatusCodes, type Container } from "@azure/cosmos";
import * as fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { accountKey, useFolder } from "./use-cosmos.ts";

/**
 * Random operations on a few items, the process killed and started again in between, against a model. An operation that
 * was under way when the process died may have happened or not, but as a whole: the model then has both states.
 */
interface Operation {
  readonly kind: "upsert" | "delete" | "patch" | "batch";
  readonly pk: "a" | "b";
  readonly id: 0 | 1 | 2 | 3;
  readonly n: number;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom("upsert", "delete", "patch", "batch"),
  pk: fc.constantFrom("a", "b"),
  id: fc.constantFrom(0, 1, 2, 3),
  n: fc.integer({ min: 1, max: 1000 }),
});

/** What happens between two kills; `after` milliseconds into the last operations. */
const round = fc.record({
  operations: fc.array(operation, { minLength: 1, maxLength: 12 }),
  last: fc.array(operation, { minLength: 1, maxLength: 4 }),
  after: fc.integer({ min: 0, max: 6 }),
});

/** `pk/id` to the item's number. */
type State = ReadonlyMap<string, number>;

function apply(state: State, { kind, pk, id, n }: Operation): State {
  const next = new Map(state);
  const key = `${pk}/${id}`;
  const old = next.get(key);
  if (kind === "upsert") next.set(key, n);
  if (kind === "delete") next.delete(key);
  if (kind === "patch" && old !== undefined) next.set(key, old + n);
  if (kind === "batch" && old === undefined) {
    next.set(key, n);
    next.set(`${pk}/twin${id}`, n);
  }
  return next;
}

async function perform(container: Container, { kind, pk, id, n }: Operation): Promise<void> {
  const item = container.item(`${id}`, pk);
  const resourceBody = { id: `${id}`, pk, n };
  const twin = { id: `twin${id}`, pk, n };
  try {
    if (kind === "upsert") await container.items.upsert(resourceBody);
    else if (kind === "delete") await item.delete();
    else if (kind === "patch") await item.patch([{ op: "incr", path: "/n", value: n }]);
    else {
      // All or nothing: the first operation fails if the item is there.
      const operations = [
        { operationType: "Create" as const, resourceBody },
        { operationType: "Upsert" as const, resourceBody: twin },
      ];
      await container.items.batch(operations, pk);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === StatusCodes.NotFound)) throw error;
  }
}

const program = fileURLToPath(new URL("crash-child.ts", import.meta.url));

interface Server {
  readonly process: ChildProcess;
  readonly client: CosmosClient;
  readonly container: Container;
}

async function start(folder: string): Promise<Server> {
  const process = fork(program, [folder, accountKey], { execArgv: [] });
  onTestFinished(() => void process.kill("SIGKILL"));
  const [port]: number[] = await once(process, "message");
  const client = new CosmosClient({
    endpoint: `http://127.0.0.1:${String(port)}/`,
    key: accountKey,
    connectionPolicy: {
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  });
  const { database } = await client.databases.createIfNotExists({ id: "shop" });
  const { container } = await database.containers.createIfNotExists({
    id: "items",
    partitionKey: { paths: ["/pk"] },
    indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/n/?" }] },
  });
  return { process, client, container };
}

async function kill({ process, client }: Server): Promise<void> {
  process.kill("SIGKILL");
  await once(process, "exit");
  client.dispose();
}

interface Stored {
  readonly id: string;
  readonly pk: string;
  readonly n: number;
}

const stateOf = (items: readonly Stored[]): State =>
  new Map(items.map(({ id, pk, n }) => [`${pk}/${id}`, n]));

/** Everything as point reads, an index and the change feed see it; they must agree. */
async function readAll(container: Container): Promise<State> {
  const all = await container.items.query<Stored>("SELECT * FROM c").fetchAll();
  const indexed = await container.items.query<Stored>("SELECT * FROM c WHERE c.n > 0").fetchAll();
  expect(stateOf(indexed.resources)).toEqual(stateOf(all.resources));
  const feed = container.items.getChangeFeedIterator<Stored>({
    changeFeedStartFrom: ChangeFeedStartFrom.Beginning(),
  });
  const changes: Stored[] = [];
  for (;;) {
    const page = await feed.readNext();
    if (page.statusCode === StatusCodes.NotModified) break;
    changes.push(...page.result);
  }
  expect(stateOf(changes)).toEqual(stateOf(all.resources));
  for (const { id, pk, n } of all.resources) {
    expect((await container.item(id, pk).read<Stored>()).resource?.n).toBe(n);
  }
  return stateOf(all.resources);
}

test("whatever was acknowledged is there after every kill, and nothing is half there", async () => {
  const folder = await useFolder();
  let server = await start(folder);
  await fc.assert(
    fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 3 }), async (rounds) => {
      let state = await readAll(server.container);
      for (const { operations, last, after } of rounds) {
        for (const one of operations) {
          await perform(server.container, one);
          state = apply(state, one);
        }
        const possible = [state];
        let acknowledged = 0;
        const performing = (async () => {
          for (const one of last) {
            possible.push(apply(possible.at(-1)!, one));
            await perform(server.container, one);
            acknowledged++;
          }
        })().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, after));
        await kill(server);
        await performing;
        server = await start(folder);
        const found = await readAll(server.container);
        // The operation behind the last acknowledged one may have happened, none behind it.
        expect(possible.slice(acknowledged, acknowledged + 2)).toContainEqual(found);
        state = found;
      }
    }),
    { numRuns: 5, endOnFailure: true },
  );
  await kill(server);
}, 120_000);
