import { badRequest, notFound } from "../refusal.ts";
import { itemText } from "../items/item-text.ts";
import { joinConditions, unexpired } from "../query/scope.ts";
import { storedItem } from "../store/item-row.ts";
import { json, type Reply } from "./reply.ts";
import { methodNotAllowed, parseObject, type Request, type Service } from "./request.ts";

/** How many items a look inside shows. */
const NEWEST = 100;
/** Counting goes no further: it would hold up requests. */
const MAX_COUNTED = 100_000;

/** `/_expedite/…`: what is not of the service: faults on purpose, and a look inside for the portal. */
export function handleOwn(service: Service, request: Request): Reply {
  const [, name, ...more] = request.segments;
  if (name === "faults" && more.length === 0) return handleFaults(service, request);
  if (name === "throughput" && more.length === 0) return handleThroughput(service, request);
  if (name === "containers" && more.length === 0) {
    if (request.method !== "GET") throw methodNotAllowed(request);
    return json(200, { containers: listContainers(service) });
  }
  if (name === "items" && more.length === 2) {
    if (request.method !== "GET") throw methodNotAllowed(request);
    return listItems(service, more[0]!, more[1]!);
  }
  throw notFound(`/${request.segments.join("/")}.`);
}

/** The items changed last, newest first, as clients see them. */
function listItems({ store }: Service, databaseId: string, containerId: string): Reply {
  const container = store.catalog.databases.get(databaseId)?.containers.get(containerId);
  if (container === undefined) throw notFound(`Container '${containerId}' of database '${databaseId}'.`);
  const { sql, values } = joinConditions(unexpired(container, store.nowSeconds()));
  const { name } = container.table;
  const text = `SELECT seq, version, ts, body FROM ${name} INDEXED BY ${name}_lsn${sql} ORDER BY lsn DESC LIMIT ${NEWEST}`;
  const statement = store.readers.borrow(text);
  const rows = statement.all(...values);
  store.readers.giveBack(text, statement);
  return {
    status: 200,
    headers: [],
    body: `{"items":[${rows.map((row) => itemText(container, storedItem(row))).join(",")}]}`,
  };
}

function handleFaults({ faults }: Service, request: Request): Reply {
  if (request.method === "PUT") faults.set(parseObject(request));
  else if (request.method !== "GET") throw badRequest("Faults are read with GET and set with PUT.");
  return json(200, faults.current);
}

function handleThroughput({ budgets }: Service, request: Request): Reply {
  if (request.method === "PUT") budgets.set(parseObject(request));
  else if (request.method !== "GET") throw methodNotAllowed(request);
  return json(200, { enforced: budgets.enforced });
}

function listContainers({ store }: Service): readonly object[] {
  return [...store.catalog.databases.values()].flatMap((database) =>
    [...database.containers.values()].map((container) => {
      const sql = `SELECT count(*) AS items FROM (SELECT 1 FROM ${container.table.name} LIMIT ${MAX_COUNTED})`;
      const statement = store.readers.borrow(sql);
      const items = Number(statement.get()?.["items"] ?? 0);
      store.readers.giveBack(sql, statement);
      return {
        database: database.id,
        container: container.id,
        partitionKey: container.partitionKey.paths,
        ranges: container.ranges.length,
        items,
      };
    }),
  );
}
